/* SPDX-License-Identifier: MIT */
/* O_APPEND writes land at the end, whatever offset pwrite names. */
#include "tracee.h"

int main(void)
{
	int fd, end;
	char *memory;

	scratch();
	fd = make_file("file", "start ", 6, 0600);
	memory = sys(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	end = sys(open("file", O_WRONLY | O_APPEND));
	check(write(end, "one ", 4) == 4);
	check(pwrite(end, "two ", 4, 0) == 4);
	check(!strcmp(memory, "start one two "));
	sys(lseek(end, 0, SEEK_SET));
	check(write(end, "three ", 6) == 6);
	check(write(fd, "S", 1) == 1 && lseek(fd, 0, SEEK_CUR) == 7);
	check(!strcmp(memory, "start Sne two three "));
	check(write(sys(dup(fd)), "W", 1) == 1 && memory[7] == 'W');
	return success();
}
