/* SPDX-License-Identifier: MIT */
/*
 * Files mapped one after the other (150, or argv[1], of 8 KiB, or argv[2]); a
 * few stay mapped, some are mapped again, one is written while it is mapped.
 */
#include "tracee.h"

static size_t size = 8192;

static char *map(int number, int protection)
{
	char name[32], *bytes;
	int fd;

	sprintf(name, "%d", number);
	fd = sys(open(name, O_RDONLY | O_CLOEXEC));
	bytes = sys(mmap(NULL, size, protection, MAP_PRIVATE, fd, 0));
	close(fd);
	check(bytes[0] == (char)number);
	return bytes;
}

static void make(int number)
{
	char name[32], *bytes = malloc(size);

	sprintf(name, "%d", number);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(number + i / 64 * 11);
	close(make_file(name, bytes, size, 0600));
	free(bytes);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 150, fd;
	char *first, *bytes;

	if (argc > 2)
		size = strtoul(argv[2], NULL, 10) << 10;
	scratch();
	for (int i = 0; i < 10; i++)
		make(i);
	first = map(7, PROT_READ | PROT_WRITE);
	first[4096] = 'p';
	for (int i = 10; i < count; i++) {
		make(i);
		bytes = map(i, PROT_READ);
		check(bytes[size - 1] ==
		      (char)(i + (size - 1) / 64 * 11));
		if (i % 50)
			sys(munmap(bytes, size));
		if (i % 20 == 0)
			sys(munmap(map(i % 7, PROT_READ), size));
	}
	/* what is not copied yet follows the file */
	fd = sys(open("7", O_WRONLY | O_CLOEXEC));
	check(pwrite(fd, "new", 3, 10) == 3);
	check(!memcmp(first + 10, "new", 3) && first[4096] == 'p');
	sys(munmap(map(3, PROT_READ), size));
	say("%d files\n", count);
	return success();
}
