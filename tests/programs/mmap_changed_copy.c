/* SPDX-License-Identifier: MIT */
/* A private mapping shows what is written to the file later. */
#include "tracee.h"

#define CHANGED (4096 + 10)

int main(void)
{
	static char bytes[1 << 20];
	ssize_t length;
	char *memory;
	int fd;

	fd = sys(open("/bin/sh", O_RDONLY));
	length = sys(read(fd, bytes, sizeof(bytes)));
	close(fd);
	check(length > 2 * 4096 && length < (ssize_t)sizeof(bytes));
	scratch();
	fd = make_file("copy", bytes, (size_t)length, 0600);
	memory = sys(mmap(NULL, 2 * 4096, PROT_READ, MAP_PRIVATE, fd, 0));
	check(!memcmp(memory, bytes, 4096));
	bytes[CHANGED] ^= 1;
	check(pwrite(fd, bytes + CHANGED, 1, CHANGED) == 1);
	check(!memcmp(memory, bytes, 2 * 4096));
	return success();
}
