/* SPDX-License-Identifier: MIT */
/* shm_open, ftruncate and mmap, shared by name between two processes. */
#include "tracee.h"

int main(void)
{
	char name[32], *memory;
	pid_t child;
	int fd;

	snprintf(name, sizeof(name), "/reel-%d", getpid());
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		skip("no /dev/shm: errno %d", errno);
	sys(ftruncate(fd, 8192));
	memory = sys(
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	child = sys(fork());
	if (child == 0) {
		int other = sys(shm_open(name, O_RDWR, 0));
		char *same = sys(mmap(NULL, 8192, PROT_WRITE | PROT_READ,
				      MAP_SHARED, other, 0));

		sprintf(same + 4096, "child %d", getpid());
		_exit(0);
	}
	await_exit(child, 0);
	sys(shm_unlink(name));
	say("%s\n", memory + 4096);
	check(!strncmp(memory + 4096, "child ", 6));
	return success();
}
