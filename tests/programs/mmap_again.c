/* SPDX-License-Identifier: MIT */
/*
 * Memory is unmapped and mapped again in the same place, as malloc(3) does with
 * what is large: it is empty each time, and what is gone is gone.
 */
#include "tracee.h"

#include <setjmp.h>
#include <sys/mman.h>

#define LENGTH 0x22000
#define TIMES 400

static sigjmp_buf gone;

static void on_fault(int number)
{
	(void)number;
	siglongjmp(gone, 1);
}

static char *map(void *at, size_t length, int protection)
{
	char *memory = mmap(at, length, protection,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED);
	return memory;
}

/* A digest of all of it, which must be zeros. */
static void use(char *memory, size_t length, int with)
{
	for (size_t i = 0; i < length; i++)
		check(!memory[i]);
	memset(memory, with, length);
	memory[length / 2] = (char)(with + 1);
}

static char *again(size_t length, int times)
{
	char *first = map(NULL, length, PROT_READ | PROT_WRITE);

	for (int i = 0; i < times; i++) {
		use(first, length, i + 1);
		check(!munmap(first, length));
		check(getppid() > 0);
		check(map(first, length, PROT_READ | PROT_WRITE) == first);
	}
	return first;
}

static int is_gone(const char *memory)
{
	if (sigsetjmp(gone, 1))
		return 1;
	(void)*(const volatile char *)memory;
	return 0;
}

/* The same calls, but each time with something else about one of them. */
static void in_other_ways(char *memory)
{
	for (int i = 0; i < TIMES; i++) {
		size_t length = i % 5 == 1 ? LENGTH - 0x1000 : LENGTH;
		int protection = i % 5 == 2 ? PROT_READ :
					      PROT_READ | PROT_WRITE;

		if (i % 5 == 3)
			check(!mprotect(memory, 0x1000, PROT_NONE));
		check(!munmap(memory, i % 5 == 4 ? 0x3000 : LENGTH));
		if (i % 50 == 0)
			check(is_gone(memory));
		check(!munmap(memory, LENGTH));
		check(map(memory, length, protection) == memory);
		check(!memory[0] && !memory[length - 1]);
		if (protection & PROT_WRITE)
			use(memory, length, i + 1);
	}
}

int main(void)
{
	char *memory;

	handle_flags(SIGSEGV, on_fault, 0);
	check(!munmap(again(LENGTH, TIMES), LENGTH));
	check(!munmap(again(0x80000, 20), 0x80000));
	memory = again(LENGTH - 100, 100);
	check(!memory[0]);
	in_other_ways(memory);
	memory[0] = 'x';
	say("%d\n", memory[0]);
	return success();
}
