/* SPDX-License-Identifier: MIT */
/* Very many queued signals (500, or argv[1]) arrive at a handler, in order. */
#include "tracee.h"

static volatile int received, wrong;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	wrong += info->si_value.sival_int != received;
	received++;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 500;
	struct rlimit limit;

	sys(getrlimit(RLIMIT_SIGPENDING, &limit));
	if (limit.rlim_cur < (rlim_t)count + 16)
		skip("%d pending signals are allowed", (int)limit.rlim_cur);
	handle_info(SIGRTMIN, on_signal, 0);
	mask(SIG_BLOCK, SIGRTMIN);
	for (int i = 0; i < count; i++) {
		union sigval value = { .sival_int = i };

		sys(sigqueue(getpid(), SIGRTMIN, value));
	}
	check(!received);
	mask(SIG_UNBLOCK, SIGRTMIN);
	check(received == count && !wrong);
	say("%d signals\n", received);
	return success();
}
