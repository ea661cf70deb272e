/* SPDX-License-Identifier: MIT */
/* As cpuid_leaves, in a static program, whose libc asks cpuid too. */
#include "cpuid_leaves.c"
