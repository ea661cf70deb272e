/* SPDX-License-Identifier: MIT */
/* Signals read from a signalfd, with sender and value; poll and update. */
#include <sys/signalfd.h>

#include "tracee.h"

int main(void)
{
	struct signalfd_siginfo info[3];
	struct pollfd wait;
	sigset_t set;
	pid_t child;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = sys(signalfd(-1, &set, SFD_CLOEXEC));
	child = sys(fork());
	if (child == 0) {
		sleep_ms(5);
		sys(sigqueue(getppid(), SIGRTMIN + 1,
			     (union sigval){ .sival_int = 5 }));
		sys(kill(getppid(), SIGUSR1));
		_exit(0);
	}
	check(read(fd, &info[0], sizeof(info[0])) == sizeof(info[0]));
	check(read(fd, &info[1], sizeof(info[1])) == sizeof(info[1]));
	check(info[0].ssi_pid == (unsigned)child);
	await_exit(child, 0);
	sigdelset(&set, SIGUSR1);
	sys(signalfd(fd, &set, 0));
	raise(SIGUSR1);
	wait = (struct pollfd){ fd, POLLIN, 0 };
	check(poll(&wait, 1, 0) == 0);
	say("got %d %d from %d\n", info[0].ssi_signo, info[1].ssi_signo,
	    info[0].ssi_pid);
	return success();
}
