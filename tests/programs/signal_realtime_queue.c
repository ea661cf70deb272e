/* SPDX-License-Identifier: MIT */
/* Real-time signals queue, in order of number and of arrival. */
#include "tracee.h"

static volatile int got[16], count;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)context;
	got[count++] = (number - SIGRTMIN) * 100 + info->si_value.sival_int;
}

int main(void)
{
	sigset_t set, old;

	sigemptyset(&set);
	for (int i = 0; i < 3; i++) {
		struct sigaction action = { .sa_sigaction = handler,
					    .sa_flags = SA_SIGINFO };

		sigfillset(&action.sa_mask);
		sys(sigaction(SIGRTMIN + i, &action, NULL));
		sigaddset(&set, SIGRTMIN + i);
	}
	sigprocmask(SIG_BLOCK, &set, &old);
	for (int i = 2; i >= 0; i--)
		for (int j = 0; j < 3; j++)
			sys(sigqueue(getpid(), SIGRTMIN + i,
				     (union sigval){ .sival_int = j }));
	sigprocmask(SIG_SETMASK, &old, NULL);
	check(count == 9);
	for (int i = 0; i < 9; i++) {
		say("%d\n", got[i]);
		check(got[i] == i / 3 * 100 + i % 3);
	}
	return success();
}
