/* SPDX-License-Identifier: MIT */
/* A signal arrives between two calls; its handler's calls come in between. */
#include "tracee.h"

static int log_fd;

static void handler(int number)
{
	(void)number;
	put(log_fd, "handler ", 8);
}

int main(void)
{
	char text[64] = "";
	int ends[2];

	sys(pipe(ends));
	log_fd = ends[1];
	handle_flags(SIGUSR1, handler, 0);
	put(log_fd, "before ", 7);
	mask(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	put(log_fd, "blocked ", 8);
	mask(SIG_UNBLOCK, SIGUSR1);
	put(log_fd, "after", 5);
	check(read(ends[0], text, 63) > 0);
	check(!strcmp(text, "before blocked handler after"));
	return success();
}
