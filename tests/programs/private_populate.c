/* SPDX-License-Identifier: MIT */
/*
 * Pages of a private mapping that are there from the beginning are copies: what
 * is written to the file later, through a shared mapping, is not in them.
 */
#include "tracee.h"

#define LENGTH 8192
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static unsigned *map_copy(int fd, int flags)
{
	unsigned *words = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | flags, fd, 0);

	check(words != MAP_FAILED);
	return words;
}

int main(void)
{
	int fd = sys(memfd_create("file", 0));
	unsigned *shared, *populated, *locked, *advised, *late;
	int is_advised;

	sys(ftruncate(fd, LENGTH));
	shared = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(shared != MAP_FAILED);
	shared[0] = shared[1024] = 1;
	populated = map_copy(fd, MAP_POPULATE);
	locked = map_copy(fd, MAP_LOCKED);
	advised = map_copy(fd, 0);
	late = map_copy(fd, 0);
	is_advised = !madvise(advised, LENGTH, MADV_POPULATE_WRITE);
	shared[0] = shared[1024] = 2;
	say("populated %u %u, locked %u %u, late %u %u\n", populated[0],
	    populated[1024], locked[0], locked[1024], late[0], late[1024]);
	check(populated[0] == 1 && populated[1024] == 1);
	check(locked[0] == 1 && locked[1024] == 1);
	check(late[0] == 2 && late[1024] == 2);
	if (is_advised) /* since Linux 5.14 */
		check(advised[0] == 1 && advised[1024] == 1);
	return success();
}
