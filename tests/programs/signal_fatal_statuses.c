/* SPDX-License-Identifier: MIT */
/* Death by each of the fatal signals, caught in the parent's status. */
#include "tracee.h"

int main(void)
{
	static const int fatal[] = { SIGHUP,  SIGINT,	 SIGQUIT, SIGABRT,
				     SIGKILL, SIGUSR1,	 SIGSEGV, SIGUSR2,
				     SIGPIPE, SIGALRM,	 SIGTERM, SIGSTKFLT,
				     SIGXCPU, SIGVTALRM, SIGPROF, SIGIO,
				     SIGPWR,  SIGSYS };
	struct rlimit none = { 0, 0 };

	sys(setrlimit(RLIMIT_CORE, &none));
	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++) {
		pid_t child = sys(fork());

		if (child == 0) {
			raise(fatal[i]);
			_exit(1);
		}
		await_signal(child, fatal[i]);
	}
	pid_t child = sys(fork());

	if (child == 0)
		kill(getpid(), SIGRTMIN + 3);
	await_signal(child, SIGRTMIN + 3);
	return success();
}
