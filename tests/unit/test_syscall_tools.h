/* SPDX-License-Identifier: MIT */
/*
 * For tests of the system call table without ptrace: memory is a region of the
 * test's own at an address that it chooses, and everything else is unreadable.
 */
#ifndef REEL_TEST_SYSCALL_TOOLS_H
#define REEL_TEST_SYSCALL_TOOLS_H

#include <stdint.h>

#include "src/syscall_table.h"

#define BASE UINT64_C(0x10000)
#define SIZE (16u * 4096)
#define BAD UINT64_C(0x7000000000)
#define AT(offset) (BASE + (offset))

struct arena {
	struct memory memory; /* first: the interface's pointer is ours */
	uint8_t bytes[SIZE];  /* at BASE */
};

#define VISITS 64

struct visits {
	unsigned count;
	struct syscall_extent extents[VISITS];
};

extern struct arena arena;
extern struct visits visits;
extern struct syscall_call call; /* that was entered last */

void put(uint64_t address, const void *bytes, size_t length);
void put_u16(uint64_t address, uint16_t value);
void put_u32(uint64_t address, uint32_t value);
void put_u64(uint64_t address, uint64_t value);
void put_iovec(uint64_t address, uint64_t base, uint64_t length);
void put_msghdr(uint64_t at, uint64_t name, uint32_t name_length,
		uint64_t vector, uint64_t count, uint64_t control,
		uint64_t control_length);

void enter(const char *name, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
	   uint64_t e, uint64_t f);
/* What is visited of it is what the two below expect. */
void inputs(void);
void outputs(int64_t result);
void expect(unsigned i, unsigned argument, uint64_t address, uint64_t length);
void expect_count(unsigned count);
/* A visitor whose context is a struct visits. */
int note(void *context, const struct syscall_extent *extent);

#endif
