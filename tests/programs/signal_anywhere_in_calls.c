/* SPDX-License-Identifier: MIT */
/* A fast timer with a handler, through forks, mappings, opens and locks. */
#include "tracee.h"

static volatile sig_atomic_t ticks;

static void handler(int number)
{
	(void)number;
	ticks++;
}

int main(void)
{
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };

	handle_flags(SIGALRM, handler, SA_RESTART);
	sys(setitimer(ITIMER_REAL, &every, NULL));
	for (int i = 0; i < 60; i++) {
		char *memory = map_private(65536), name[16];
		pid_t child = i % 10 ? 1 : fork();
		int fd;

		check(child >= 0 || errno == EINTR);
		if (child == 0)
			_exit(7);
		memset(memory, i, 65536);
		snprintf(name, sizeof(name), "file-%d", i);
		fd = memfd(name, 0);
		check(fd >= 0 && write(fd, memory, 65536) == 65536);
		memory = sys(mremap(memory, 65536, 131072, MREMAP_MAYMOVE));
		sys(munmap(memory, 131072));
		close(fd);
		if (child > 1)
			await_exit(child, 7);
	}
	sys(setitimer(ITIMER_REAL, &never, NULL));
	say("%d ticks\n", ticks);
	return success();
}
