/* SPDX-License-Identifier: MIT */
/*
 * General registers as an array in the order of struct user_regs_struct
 * (sys/user.h), which is also their order in the trace.
 */
#ifndef REEL_REGISTERS_H
#define REEL_REGISTERS_H

#include <stdint.h>

#include "traces/event.h"

enum register_name {
	R_R15, R_R14, R_R13, R_R12, R_RBP, R_RBX, R_R11, R_R10, R_R9, R_R8,
	R_RAX, R_RCX, R_RDX, R_RSI, R_RDI, R_ORIG_RAX, R_RIP, R_CS, R_EFLAGS,
	R_RSP, R_SS, R_FS_BASE, R_GS_BASE, R_DS, R_ES, R_FS, R_GS,
	R_COUNT
};

_Static_assert(R_COUNT == EVENT_REGISTERS, "the trace has all registers");

/*
 * The resume flag is the processor's, not the program's: at a fault some set it
 * and others (emulated ones) do not.
 */
#define EFLAGS_RESUME 0x10000u
#define EFLAGS_TRAP 0x100u
#define EFLAGS_DIRECTION 0x400u

struct registers {
	uint64_t value[R_COUNT];
};

#endif
