/* SPDX-License-Identifier: MIT */
/*
 * Pages of code are dropped, and are as in the file again: what their
 * instructions answer is on the replay what it was.  Also of code that stays
 * where it was when its mapping moves (MREMAP_DONTUNMAP).
 */
#include <cpuid.h>
#include <x86intrin.h>

#include "tracee.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define PAGE 4096ul
#define OWN_PAGE __attribute__((noinline, aligned(4096), section(".text.own")))

/* A page of its own, with calls that become jumps and instructions that trap */
OWN_PAGE static uint64_t random_value(void)
{
	uint64_t value = 0;
	uint8_t is_done;

	asm volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(is_done));
	return is_done ? value : 0;
}

OWN_PAGE static long parent(void)
{
	long result;

	asm volatile("mov %1, %%eax; syscall"
		     : "=&a"(result)
		     : "i"(SYS_getppid)
		     : "rcx", "r11", "memory");
	return result;
}

OWN_PAGE static void last(void)
{
	asm volatile(".fill 4096, 1, 0x90");
}

static char *start_of(void *function)
{
	return (char *)((uintptr_t)function & ~(PAGE - 1));
}

static void use(const char *when)
{
	long first = parent();

	say("%s: %#lx %#lx\n", when, (unsigned long)random_value(),
	    (unsigned long)random_value());
	for (int i = 0; i < 100; i++)
		check(parent() == first);
}

static int has_rdrand(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_RDRND);
}

int main(void)
{
	char *code = start_of(random_value);
	size_t length = (size_t)(start_of(last) - code) + PAGE;
	char *room, *moved;

	if (!has_rdrand())
		skip("no rdrand");
	use("at first");
	check(madvise(code, length, MADV_DONTNEED) == 0);
	use("dropped");
	check(madvise(code, length, MADV_DONTNEED) == 0);
	use("dropped again");
	room = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	check(room != MAP_FAILED);
	moved = mremap(code, length, length, MREMAP_MAYMOVE | MREMAP_FIXED |
		       MREMAP_DONTUNMAP, room);
	if (moved == MAP_FAILED)
		say("stays: %s\n", strerror(errno));
	else
		use("left behind");
	return success();
}
