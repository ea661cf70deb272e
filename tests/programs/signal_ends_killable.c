/* SPDX-License-Identifier: MIT */
/*
 * SIGTERM for those who wait in the kernel where only a deadly signal ends it:
 * in vfork, for a child that does not go on, and for a supervisor that has
 * looked at the call.  They die at once, and of SIGTERM; so do processes with
 * other threads.
 */
#include <sys/ioctl.h>

#include "filtering.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1ul << 5)
#endif

static int told[2], gate[2];
static volatile siginfo_t last;

static void on_child(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	memcpy((void *)&last, info, sizeof(last));
}

static void tell_and_wait(void)
{
	pid_t self = getpid();
	char byte;

	check(write(told[1], &self, sizeof(self)) == sizeof(self));
	check(read(gate[0], &byte, 1) == 1);
}

static pid_t hear(void)
{
	pid_t pid;

	check(read(told[0], &pid, sizeof(pid)) == sizeof(pid));
	return pid;
}

/* Dead of SIGTERM, as all ways to learn of it say. */
static void dies(const char *how, pid_t pid)
{
	siginfo_t info = { 0 };
	int status;

	sys(kill(pid, SIGTERM));
	check(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0);
	check(info.si_pid == pid);
	check(waitpid(pid, &status, 0) == pid);
	say("%s: code %d status %d, signal %d, told %d %d\n", how,
	    info.si_code, info.si_status,
	    WIFSIGNALED(status) ? WTERMSIG(status) : -1,
	    last.si_pid == pid ? last.si_code : -1, last.si_status);
}

static void *idle(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static pid_t start_vfork(int has_thread)
{
	pid_t pid = sys(fork());
	pthread_t thread;

	if (pid)
		return pid;
	/* Another signal that waits for it would keep SIGTERM from it. */
	check(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
	if (has_thread)
		check(pthread_create(&thread, NULL, idle, NULL) == 0);
	if (vfork() == 0) {
		tell_and_wait();
		_exit(0);
	}
	_exit(1);
}

static void in_vfork(const char *how, int has_thread)
{
	pid_t pid = start_vfork(has_thread), child = hear();
	int status;

	dies(how, pid);
	check(write(gate[1], "", 1) == 1);
	check(waitpid(child, &status, 0) == child && status == 0);
}

/* The child of the one that waits is stopped. */
static void in_vfork_of_stopped(void)
{
	pid_t pid = start_vfork(0), child = hear();
	int status;

	sys(kill(child, SIGSTOP));
	dies("vfork, stopped", pid);
	sys(kill(child, SIGKILL));
	check(waitpid(child, &status, 0) == child);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void supervised(void)
{
	struct seccomp_notif asked = { 0 };
	pid_t pid, listener;

	pid = (pid_t)sys(syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0,
				 0));
	if (!pid) {
		pid_t fd = (pid_t)INSTALL(
			SECCOMP_RET_ALLOW,
			SECCOMP_FILTER_FLAG_NEW_LISTENER |
				SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			{ SYS_getppid, SECCOMP_RET_USER_NOTIF });

		check(write(told[1], &fd, sizeof(fd)) == sizeof(fd));
		syscall(SYS_getppid);
		_exit(2);
	}
	listener = hear();
	if (listener < 0) {
		say("no such supervisors\n");
		check(waitpid(pid, NULL, 0) == pid);
		return;
	}
	sys(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked));
	dies("supervised", pid);
	sys(close(listener));
}

int main(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_RESTART };

	action.sa_sigaction = on_child;
	check(sigaction(SIGCHLD, &action, NULL) == 0);
	sys(prctl(PR_SET_CHILD_SUBREAPER, 1));
	sys(pipe(told));
	sys(pipe(gate));
	in_vfork("vfork", 0);
	in_vfork("vfork beside a thread", 1);
	in_vfork_of_stopped();
	supervised();
	return success();
}
