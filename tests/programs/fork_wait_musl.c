/* SPDX-License-Identifier: MIT */
/* As fork_wait, with another libc: musl, linked statically. */
#include "fork_wait.c"
