/* SPDX-License-Identifier: MIT */
/* As threads_mutex, with another libc: musl, linked statically. */
#include "threads_mutex.c"
