/* SPDX-License-Identifier: MIT */
/* A memfd shared by descriptor and mapping, written in every way. */
#include "tracee.h"

int main(void)
{
	int fd = sys(memfd("shared", MFD_CLOEXEC));
	char *memory, path[64];
	pid_t child;

	sys(ftruncate(fd, 3 * 4096));
	memory = sys(mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			  fd, 0));
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	child = sys(fork());
	if (child == 0) {
		int own = sys(open(path, O_RDWR));
		char *view = sys(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				      MAP_SHARED, own, 4096));

		sprintf(view, "mapped by %d", getpid());
		check(pwrite(own, "written", 8, 8192) == 8);
		sys(ftruncate(own, 20000));
		fallocate(own, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			  4096);
		_exit(0);
	}
	memory[0] = 'x';
	await_exit(child, 0);
	say("%s, %s\n", memory + 4096, memory + 8192);
	check(!strcmp(memory + 8192, "written"));
	check(lseek(fd, 0, SEEK_END) == 20000);
	return success();
}
