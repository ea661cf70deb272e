/* SPDX-License-Identifier: MIT */
/* SIGCHLD carries pid, status and cause. */
#include "tracee.h"

static volatile siginfo_t last;
static volatile sig_atomic_t count;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	*(siginfo_t *)&last = *info;
	count++;
}

int main(void)
{
	sigset_t old, set;
	pid_t child;

	handle_info(SIGCHLD, handler, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	child = sys(fork());
	if (child == 0)
		_exit(77);
	while (!count)
		sigsuspend(&old);
	check(last.si_pid == child && last.si_status == 77);
	check(last.si_code == CLD_EXITED);
	say("SIGCHLD of %d\n", child);
	await_exit(child, 77);
	return success();
}
