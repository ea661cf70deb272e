/* SPDX-License-Identifier: MIT */
/* Limits are read, set, inherited, and obeyed: SIGXFSZ, EMFILE. */
#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

int main(void)
{
	struct rlimit limit;
	int fd;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		sys(getrlimit(i, &limit));
		say("limit %d: %#lx %#lx\n", i, (long)limit.rlim_cur,
		    (long)limit.rlim_max);
	}
	scratch();
	fd = make_file("big", "", 0, 0600);
	handle_flags(SIGXFSZ, handler, 0);
	sys(getrlimit(RLIMIT_FSIZE, &limit));
	limit.rlim_cur = 1000;
	sys(setrlimit(RLIMIT_FSIZE, &limit));
	check(pwrite(fd, "0123456789", 10, 995) == 5);
	fails(pwrite(fd, "x", 1, 1000), EFBIG);
	check(got == SIGXFSZ);
	limit.rlim_cur = limit.rlim_max;
	sys(setrlimit(RLIMIT_FSIZE, &limit));
	sys(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = fd + 1;
	sys(setrlimit(RLIMIT_NOFILE, &limit));
	fails(dup(fd), EMFILE);
	return success();
}
