/* SPDX-License-Identifier: MIT */
/* As vdso_clocks, linked statically. */
#include "vdso_clocks.c"
