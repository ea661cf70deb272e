/* SPDX-License-Identifier: MIT */
/* Job control: ^Z stops the foreground group; background reads get SIGTTIN. */
#include <pty.h>

#include "tracee.h"

static void session(void)
{
	int status;
	pid_t job;

	signal(SIGTTOU, SIG_IGN);
	job = sys(fork());
	if (job == 0) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_IGN);
		sys(tcsetpgrp(0, getpid()));
		signal(SIGTTOU, SIG_DFL);
		put(1, "job\n", 4);
		for (;;)
			pause();
	}
	setpgid(job, job);
	check(waitpid(job, &status, WUNTRACED) == job);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
	sys(tcsetpgrp(0, getpgrp()));
	sys(kill(-job, SIGCONT));
	sys(kill(-job, SIGTERM));
	await_signal(job, SIGTERM);
	job = sys(fork());
	if (job == 0) {
		char byte;

		setpgid(0, 0);
		check(read(0, &byte, 1) == 1);
		_exit(0);
	}
	setpgid(job, job);
	check(waitpid(job, &status, WUNTRACED) == job);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	sys(kill(job, SIGKILL));
	await_signal(job, SIGKILL);
	_exit(49);
}

int main(void)
{
	char text[256];
	ssize_t n;
	int master;
	pid_t child = forkpty(&master, NULL, NULL, NULL);

	if (child < 0)
		skip("no pty: errno %d", errno);
	if (child == 0)
		session();
	n = sys(read(master, text, sizeof(text)));
	check(memmem(text, n, "job", 3));
	put(master, "\32", 1);
	await_exit(child, 49);
	return success();
}
