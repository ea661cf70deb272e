/* SPDX-License-Identifier: MIT */
/* Close-on-exec descriptors are closed by exec, the others stay. */
#include "tracee.h"

int main(int argc, char **argv)
{
	char kept[16], closed[16], byte;
	char *args[] = { argv[0], kept, closed, NULL };
	int ends[2], fd;

	if (argc > 1) {
		fails(fcntl(atoi(argv[2]), F_GETFD), EBADF);
		check(read(atoi(argv[1]), &byte, 1) == 1 && byte == 'k');
		return success();
	}
	sys(pipe(ends));
	put(ends[1], "k", 1);
	fd = sys(open("/dev/null", O_RDONLY | O_CLOEXEC));
	snprintf(kept, sizeof(kept), "%d", ends[0]);
	snprintf(closed, sizeof(closed), "%d", fd);
	sys(execv("/proc/self/exe", args));
}
