/* SPDX-License-Identifier: MIT */
/* Between syscall_table.c, which finds rows, and the walk over their memory. */
#ifndef REEL_SYSCALL_EXTENTS_H
#define REEL_SYSCALL_EXTENTS_H

#include "src/syscall_table.h"

/* Fills room, nested and pieces of a call whose row is known. */
void syscall_measure(struct syscall_call *call, struct memory *memory);

#endif
