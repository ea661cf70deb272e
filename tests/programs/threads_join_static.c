/* SPDX-License-Identifier: MIT */
/* As threads_join, linked statically. */
#include "threads_join.c"
