/* SPDX-License-Identifier: MIT */
/* mmap with and without hints, fixed, not replacing, below 2 GiB, refused. */
#include "tracee.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static char *map(void *hint, size_t length, int flags)
{
	char *at = sys(mmap(hint, length, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0));

	memset(at, 'm', length);
	say("%#x %p\n", flags, (void *)at);
	return at;
}

int main(void)
{
	char *any = map(NULL, 16384, 0), *low;

	map((void *)0x200000000000, 4096, 0);
	check(map(any + 4096, 4096, MAP_FIXED) == any + 4096);
	sys(munmap(any + 8192, 4096));
	check(map(any + 8192, 4096, MAP_FIXED_NOREPLACE) == any + 8192);
	fails(mmap(any, 4096, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
	      EEXIST);
	low = map(NULL, 4096, MAP_32BIT);
	check((uintptr_t)low < 0x80000000);
	map(NULL, 4096, MAP_POPULATE);
	map(NULL, 4096, MAP_NORESERVE | MAP_STACK);
	fails(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	      EINVAL);
	fails(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0), EBADF);
	fails(mmap((void *)1, 4096, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
	      EINVAL);
	sys(munmap(any, 16384));
	fails(munmap(any + 1, 4096), EINVAL);
	return success();
}
