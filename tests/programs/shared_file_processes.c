/* SPDX-License-Identifier: MIT */
/* Two processes map the same file shared, at different times and offsets. */
#include "tracee.h"

int main(void)
{
	pid_t child;
	char *all;
	int fd;

	scratch();
	fd = make_file("file", "", 0, 0600);
	sys(ftruncate(fd, 12288));
	all = sys(mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	strcpy(all + 8192, "from the parent");
	child = sys(fork());
	if (child == 0) {
		int own = sys(open("file", O_RDWR));
		char *last = sys(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				      MAP_SHARED, own, 8192));

		check(!strcmp(last, "from the parent"));
		sprintf(last + 100, "from child %d", getpid());
		sys(msync(last, 4096, MS_SYNC));
		_exit(0);
	}
	await_exit(child, 0);
	say("%s\n", all + 8292);
	check(!strncmp(all + 8292, "from child ", 11));
	return success();
}
