/* SPDX-License-Identifier: MIT */
/* Stops and goes on at odd moments: in calls, in handlers, while exiting. */
#include "tracee.h"

static void handler(int number)
{
	(void)number;
	syscall(SYS_getppid);
}

static void work(void)
{
	struct itimerval every = { { 0, 2500 }, { 0, 2500 } };

	handle_flags(SIGALRM, handler, SA_RESTART);
	setitimer(ITIMER_REAL, &every, NULL);
	for (int i = 0; i < 30; i++) {
		pid_t child = sys(fork());

		if (child == 0)
			_exit(0);
		await_exit(child, 0);
	}
	_exit(11);
}

int main(void)
{
	pid_t child = sys(fork());
	int status, stops = 0;

	if (child == 0)
		work();
	for (int i = 0; i < 8; i++) {
		sleep_ms(2);
		sys(kill(child, SIGSTOP));
		check(waitpid(child, &status, WUNTRACED) == child);
		if (!WIFSTOPPED(status))
			break;
		stops++;
		sys(kill(child, SIGCONT));
	}
	if (stops == 8)
		status = await(child);
	say("%d stops, status %#x\n", stops, status);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 11);
	return success();
}
