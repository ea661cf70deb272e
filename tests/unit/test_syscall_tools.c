/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_syscall_tools.h"

#include <criterion/criterion.h>
#include <string.h>

static size_t arena_read(struct memory *memory, remote_addr addr, void *bytes,
			 size_t length)
{
	struct arena *from = (struct arena *)memory;
	uint64_t offset = addr - BASE;

	if (addr < BASE || offset >= SIZE)
		return 0;
	if (length > SIZE - offset)
		length = SIZE - offset;
	memcpy(bytes, from->bytes + offset, length);
	return length;
}

struct arena arena = { { arena_read }, { 0 } };

void put(uint64_t address, const void *bytes, size_t length)
{
	memcpy(arena.bytes + (address - BASE), bytes, length);
}

void put_u16(uint64_t address, uint16_t value)
{
	put(address, &value, sizeof(value));
}

void put_u32(uint64_t address, uint32_t value)
{
	put(address, &value, sizeof(value));
}

void put_u64(uint64_t address, uint64_t value)
{
	put(address, &value, sizeof(value));
}

void put_iovec(uint64_t address, uint64_t base, uint64_t length)
{
	put_u64(address, base);
	put_u64(address + 8, length);
}

void put_msghdr(uint64_t at, uint64_t name, uint32_t name_length,
		uint64_t vector, uint64_t count, uint64_t control,
		uint64_t control_length)
{
	put_u64(at, name);
	put_u32(at + 8, name_length);
	put_u64(at + 16, vector);
	put_u64(at + 24, count);
	put_u64(at + 32, control);
	put_u64(at + 40, control_length);
}

struct visits visits;

int note(void *context, const struct syscall_extent *extent)
{
	struct visits *to = context;

	cr_assert(extent->length != 0);
	cr_assert(extent->argument < SYSCALL_ARGUMENTS);
	if (to->count < VISITS)
		to->extents[to->count] = *extent;
	to->count++;
	return 0;
}

struct syscall_call call;

void enter(const char *name, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
	   uint64_t e, uint64_t f)
{
	uint64_t arguments[SYSCALL_ARGUMENTS] = { a, b, c, d, e, f };
	int number = syscall_number(name);

	cr_assert(number >= 0, "%s has no number", name);
	syscall_enter(&call, number, arguments, &arena.memory);
}

void inputs(void)
{
	visits.count = 0;
	cr_assert_eq(syscall_inputs(&call, &arena.memory, note, &visits), 0);
}

void outputs(int64_t result)
{
	call.result = result;
	visits.count = 0;
	cr_assert_eq(syscall_outputs(&call, &arena.memory, note, &visits), 0);
}

void expect(unsigned i, unsigned argument, uint64_t address, uint64_t length)
{
	const struct syscall_extent *extent = &visits.extents[i];

	cr_assert_lt(i, visits.count, "only %u extents", visits.count);
	cr_assert(extent->argument == argument && extent->address == address &&
		  extent->length == length,
		  "extent %u: argument %u, %#lx, %lu", i, extent->argument,
		  (long)extent->address, (long)extent->length);
}

void expect_count(unsigned count)
{
	cr_assert_eq(visits.count, count, "%u extents", visits.count);
}
