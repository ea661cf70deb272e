/* SPDX-License-Identifier: MIT */
/* One inode by two names, and through /proc/PID/fd: one content. */
#include "tracee.h"

int main(void)
{
	char *one, *two, path[64];
	int fd, other;

	scratch();
	fd = make_file("name", "12345678", 8, 0600);
	sys(link("name", "second"));
	other = sys(open("second", O_RDWR));
	one = sys(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	two = sys(mmap(NULL, 4096, PROT_READ, MAP_SHARED, other, 0));
	one[0] = 'm';
	check(two[0] == 'm');
	check(pwrite(other, "w", 1, 1) == 1 && one[1] == 'w');
	sys(unlink("name"));
	sys(unlink("second"));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	other = sys(open(path, O_RDWR));
	check(pwrite(other, "p", 1, 2) == 1 && two[2] == 'p');
	check(!strcmp(two, "mwp45678"));
	return success();
}
