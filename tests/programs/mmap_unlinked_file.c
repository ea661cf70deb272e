/* SPDX-License-Identifier: MIT */
/* Mapped content stays after the file was unlinked, or its name reused. */
#include "tracee.h"

int main(void)
{
	char *one, *two;
	int fd;

	scratch();
	fd = make_file("file", "first", 6, 0600);
	one = sys(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
	close(fd);
	sys(unlink("file"));
	fd = make_file("file", "second", 7, 0600);
	two = sys(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	sys(rename("file", "other"));
	check(!strcmp(one, "first") && !strcmp(two, "second"));
	return success();
}
