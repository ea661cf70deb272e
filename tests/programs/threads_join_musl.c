/* SPDX-License-Identifier: MIT */
/* As threads_join, with another libc: musl, linked statically. */
#include "threads_join.c"
