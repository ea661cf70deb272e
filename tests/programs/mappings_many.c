/* SPDX-License-Identifier: MIT */
/*
 * Very many mappings (250, or argv[1], each two areas of the kernel), made by
 * mprotect of one large mapping and one by one; calls go on among them.
 */
#include "tracee.h"

#define PAGE 4096L

static void split_by_mprotect(int count)
{
	long size = 2L * count * PAGE;
	char *all = sys(mmap(NULL, size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			     0));

	for (int i = 0; i < count; i++) {
		all[2 * i * PAGE] = (char)i;
		sys(mprotect(all + 2 * i * PAGE, PAGE, PROT_READ));
	}
	for (int i = 0; i < count; i++)
		check(all[2 * i * PAGE] == (char)i);
	for (int i = 0; i < count; i += 2)
		sys(mprotect(all + 2 * i * PAGE, PAGE,
			     PROT_READ | PROT_WRITE));
	sys(munmap(all, size));
}

/* A file's pages in reverse order: no two mappings become one. */
static void map_one_by_one(int count)
{
	int fd = sys(memfd("pages", MFD_CLOEXEC));
	char *all = sys(mmap(NULL, count * PAGE, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			     0));

	sys(ftruncate(fd, count * PAGE));
	for (int i = 0; i < count; i++)
		sys(mmap(all + i * PAGE, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd, (count - 1 - i) * PAGE));
	for (int i = 0; i < count; i++)
		all[i * PAGE] = (char)i;
	for (int i = 0; i < count; i++) {
		char byte;

		check(pread(fd, &byte, 1, (count - 1 - i) * PAGE) == 1);
		check(byte == (char)i);
	}
	for (int i = 0; i < count; i += 2)
		sys(munmap(all + i * PAGE, PAGE));
	sys(munmap(all, count * PAGE));
	close(fd);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 250;

	split_by_mprotect(count);
	map_one_by_one(count);
	say("%d mappings\n", count);
	return success();
}
