/* SPDX-License-Identifier: MIT */
/* capstone for x86-64, with the details of operands. */
#ifndef REEL_DISASSEMBLER_H
#define REEL_DISASSEMBLER_H

#include <capstone/capstone.h>

/* Made once, for the process, which has one thread that needs it. */
csh disassembler(void);
/* Room for an instruction of its; the caller's, for cs_free(). */
cs_insn *disassembler_room(void);

#endif
