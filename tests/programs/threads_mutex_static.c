/* SPDX-License-Identifier: MIT */
/* As threads_mutex, linked statically. */
#include "threads_mutex.c"
