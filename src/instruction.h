/* SPDX-License-Identifier: MIT */
/*
 * Instructions whose result the program's state does not determine: found in
 * code, decoded at a trap, executed on behalf of the tracee.
 */
#ifndef REEL_INSTRUCTION_H
#define REEL_INSTRUCTION_H

#include <stddef.h>
#include <stdint.h>

#include "src/registers.h"

enum instruction_kind {
	INSTRUCTION_NONE,
	INSTRUCTION_RDTSC,
	INSTRUCTION_RDTSCP,
	INSTRUCTION_CPUID,
	INSTRUCTION_RDRAND,
	INSTRUCTION_RDSEED,
	INSTRUCTION_RDPID,
	INSTRUCTION_XGETBV,
	INSTRUCTION_FXSAVE, /* of its area some bytes are the processor's */
};

struct instruction {
	enum instruction_kind kind;
	uint8_t length;	       /* bytes, prefixes included */
	uint8_t operand_bytes; /* rdrand, rdseed: 2, 4 or 8 */
	uint8_t destination;   /* rdrand, rdseed, rdpid: enum register_name */
	int32_t displacement;  /* fxsave: to rsp and this */
};

/* Decodes one at bytes; kind is INSTRUCTION_NONE when it is another one. */
struct instruction instruction_decode(const uint8_t *bytes, size_t length);

/*
 * The trap that stands for the instruction of length bytes: int3, a byte that
 * no instruction begins with and that tells which it was, the rest of it.  So
 * it is known wherever the program copies or moves its code.
 */
void instruction_make_trap(const uint8_t *bytes, size_t length,
			   uint8_t *trap_out);
/*
 * The instruction that a trap stands for, with its bytes, or one of kind
 * INSTRUCTION_NONE.
 */
struct instruction instruction_of_trap(const uint8_t *trap, size_t length,
				       uint8_t bytes_out[16]);

/* What the program is told of the CPU: --cpu. */
enum cpu_choice { CPU_HOST, CPU_X86_64_V2, CPU_X86_64_V3 };

/* FXSAVE is one to replace where the program has no other way. */
int instruction_saves_by_fxsave(enum cpu_choice cpu);

#define INSTRUCTION_FAULTS 1

/*
 * Executes it here and now, on the tracee's registers: results, flags, rip
 * past it.  The area of FXSAVE is the caller's to fill.  CPUID and XGETBV
 * answer within the choice.  Returns INSTRUCTION_FAULTS, with the registers as
 * they were, for an XGETBV that the processor answers with a fault (SIGSEGV).
 */
int instruction_execute(const struct instruction *instruction,
			enum cpu_choice cpu, struct registers *registers);

/* A place in code, with the bytes that stand there. */
struct instruction_site {
	uint64_t offset; /* in the file, or in the bytes given */
	struct instruction instruction;
};

/*
 * Finds CPUID, RDRAND, RDSEED, RDPID, XGETBV and FXSAVE (to the stack) in the
 * executable segments of the ELF file in fd; offsets are file offsets,
 * ascending.  RDTSC is left out: PR_SET_TSC traps it.  A byte pattern inside
 * another instruction is no site (function starts from symbols and .eh_frame;
 * where there are none, the decoders started at several earlier bytes must
 * agree), nor is one outside of functions with unwind tables that the code
 * around it gives no sense to.  A file that is no ELF file has no sites.  The
 * caller frees *sites_out.
 */
int instruction_scan_file(int fd, struct instruction_site **sites_out,
			  size_t *count_out);

/* The same for code in memory without any symbols. */
int instruction_scan_bytes(const uint8_t *bytes, size_t length,
			   struct instruction_site **sites_out,
			   size_t *count_out);

#endif
