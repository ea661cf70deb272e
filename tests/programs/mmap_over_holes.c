/* SPDX-License-Identifier: MIT */
/*
 * Memory is mapped over all that is free far below code that makes calls: it
 * makes them still, whether that memory could be had or not.
 */
#include "tracee.h"

#include <sys/mman.h>

#define GIB (1ul << 30)

typedef long (*call)(void);

static void make_calls(const char *code)
{
	long pid = getpid();

	for (int i = 0; i < 20; i++)
		check(((call)code)() == pid);
}

/* Once as a new mapping, once as one that was elsewhere. */
static void map_over(char *at)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	char *other = mmap(at - 8 * GIB, GIB / 4, PROT_NONE, flags, -1, 0);

	check(other != MAP_FAILED);
	if (mremap(other, GIB / 4, GIB / 4, MREMAP_MAYMOVE | MREMAP_FIXED,
		   at) != at) {
		check(errno == ENOMEM);
		sys(munmap(other, GIB / 4));
	}
	if (mmap(at, GIB / 4, PROT_NONE, flags | MAP_FIXED, -1, 0) != at)
		check(errno == ENOMEM);
}

int main(void)
{
	/* mov $39,%eax; syscall; ret: getpid(2) */
	static const unsigned char bytes[] = {
		0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3,
	};
	char *code = map_private(4096);

	memcpy(code, bytes, sizeof(bytes));
	sys(mprotect(code, 4096, PROT_READ | PROT_EXEC));
	make_calls(code);
	/* Libraries are nearer, and the program is farther away. */
	for (unsigned long below = 7 * GIB / 4; below > GIB / 4;
	     below -= GIB / 4)
		map_over(code - below);
	make_calls(code);
	return success();
}
