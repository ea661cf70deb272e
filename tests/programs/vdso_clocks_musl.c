/* SPDX-License-Identifier: MIT */
/* As vdso_clocks, with another libc: musl, linked statically. */
#include "vdso_clocks.c"
