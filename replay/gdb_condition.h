/* SPDX-License-Identifier: MIT */
/*
 * Conditions of breakpoints: the bytecode that gdb compiles them to (gdb
 * manual, "Agent Expressions"), evaluated here, so that a breakpoint whose
 * condition is false costs no word with gdb.  The code is the client's: each
 * access is checked, and it ends.
 */
#ifndef REEL_GDB_CONDITION_H
#define REEL_GDB_CONDITION_H

#include <stddef.h>
#include <stdint.h>

#include "src/memory.h"

#define GDB_CODE_MAX 0x10000u /* bytes of one condition */

/* Several codes for one place: it is met when one of them is. */
struct gdb_condition {
	uint8_t *bytes; /* pairs of a length, four bytes, and the code */
	size_t length;
};

/* What code can see. */
struct gdb_scene {
	struct memory *memory;
	/* 0, or -EINVAL: no such register, or wider than 64 bits. */
	int (*get_register)(void *context, unsigned number,
			    uint64_t *value_out);
	void *context;
};

/* Reads "X len,expr"... up to the end; -EINVAL when it is anything else. */
int gdb_condition_read(const char *text, struct gdb_condition *condition_out);
void gdb_condition_deinit(struct gdb_condition *condition);

/* The value of one code; negative where it can't be evaluated. */
int gdb_code_evaluate(const uint8_t *code, size_t length,
		      const struct gdb_scene *scene, int64_t *value_out);

/* Also true where it can't be evaluated: the person shall see why. */
int gdb_condition_is_met(const struct gdb_condition *condition,
			 const struct gdb_scene *scene);

#endif
