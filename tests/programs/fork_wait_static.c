/* SPDX-License-Identifier: MIT */
/* As fork_wait, linked statically. */
#include "fork_wait.c"
