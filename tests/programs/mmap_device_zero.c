/* SPDX-License-Identifier: MIT */
/* /dev/zero mapped private and shared, and read. */
#include "tracee.h"

int main(void)
{
	int fd = sys(open("/dev/zero", O_RDWR));
	char *one = sys(
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	char *two = sys(
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	pid_t child;

	one[0] = two[0] = 'x';
	child = sys(fork());
	if (child == 0) {
		one[0] = 'c';
		two[0] = 'c';
		_exit(0);
	}
	await_exit(child, 0);
	check(one[0] == 'x' && two[0] == 'c' && one[4096] == 0);
	check(read(fd, two, 10) == 10 && two[0] == 0);
	return success();
}
