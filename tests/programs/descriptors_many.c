/* SPDX-License-Identifier: MIT */
/*
 * Many open files (500, or argv[1]), each of them mapped for a moment, and the
 * half of them for good.
 */
#include "tracee.h"

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 500, *fd;
	struct rlimit limit;
	char **map;

	sys(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	sys(setrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_max < (rlim_t)count + 16)
		skip("%d open files are allowed", (int)limit.rlim_max);
	fd = calloc(count, sizeof(*fd));
	map = calloc(count, sizeof(*map));
	scratch();
	for (int i = 0; i < count; i++) {
		char name[32];

		sprintf(name, "%d", i);
		fd[i] = make_file(name, name, strlen(name) + 1, 0600);
		map[i] = sys(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				  i % 2 ? MAP_PRIVATE : MAP_SHARED, fd[i], 0));
		check(!strcmp(map[i], name));
		if (i % 4 > 1)
			sys(munmap(map[i], 4096));
	}
	for (int i = 0; i < count; i++) {
		check(pwrite(fd[i], "x", 1, 0) == 1);
		check(i % 4 > 1 || map[i][0] == 'x');
		sys(close(fd[i]));
	}
	say("%d files\n", count);
	return success();
}
