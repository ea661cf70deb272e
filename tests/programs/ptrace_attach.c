/* SPDX-License-Identifier: MIT */
/* Attaching to processes that are no children; asking who may; letting go. */
#include "tracer.h"

#include <sys/syscall.h>

static int pipes[2]; /* to what is traced */

/* A grandchild, whose parent waits for it and tells how it ended. */
static pid_t grandchild(void (*run)(void), pid_t *parent)
{
	int back[2];
	pid_t pid;

	sys(pipe(pipes));
	sys(pipe(back));
	*parent = sys(fork());
	if (*parent == 0) {
		int status;

		pid = sys(fork());
		if (pid == 0) {
			run();
			_exit(9);
		}
		check(write(back[1], &pid, sizeof(pid)) == sizeof(pid));
		status = await(pid);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 100);
	}
	check(read(back[0], &pid, sizeof(pid)) == sizeof(pid));
	return pid;
}

static void wait_for_byte(void)
{
	char byte;

	check(read(pipes[0], &byte, 1) == 1);
}

static volatile int is_told;
static volatile long passes;

static void compute(void)
{
	while (!is_told)
		passes++;
}

static void attach_to_waiting(void)
{
	pid_t parent, pid = grandchild(wait_for_byte, &parent);
	siginfo_t info;
	int status;

	await_state(pid, "S");
	fails(ptrace(PTRACE_CONT, pid, 0, 0), ESRCH);
	sys(ptrace(PTRACE_ATTACH, pid, 0, 0));
	fails(ptrace(PTRACE_ATTACH, pid, 0, 0), EPERM);
	/* nobody else may, not even its parent's other child */
	if (sys(fork()) == 0) {
		fails(ptrace(PTRACE_SEIZE, pid, 0, 0), EPERM);
		fails(ptrace(PTRACE_GETREGS, pid, 0, &info), ESRCH);
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid);
	check(status == STOP_STATUS(SIGSTOP));
	check(registers_of(pid).orig_rax == SYS_read);
	check(wait(&status) > 0 && status == 0);
	go_on(PTRACE_CONT, pid, 0);
	check(write(pipes[1], "", 1) == 1);
	/* its end is told to the tracer, which is not its parent, and to that */
	memset(&info, 0, sizeof(info));
	sys(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	check(info.si_code == CLD_EXITED && info.si_status == 9 &&
	      info.si_pid == pid);
	check(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9);
	fails(waitpid(pid, &status, 0), ECHILD);
	await_exit(parent, 9);
}

static void attach_to_computing(void)
{
	pid_t parent, pid = grandchild(compute, &parent);
	int status;

	sys(ptrace(PTRACE_SEIZE, pid, 0, 0));
	sys(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	expect(pid, EVENT_STATUS(PTRACE_EVENT_STOP));
	sys(ptrace(PTRACE_DETACH, pid, 0, 0));
	sys(ptrace(PTRACE_ATTACH, pid, 0, 0));
	expect(pid, STOP_STATUS(SIGSTOP));
	errno = 0;
	check(ptrace(PTRACE_PEEKDATA, pid, &is_told, 0) == 0 && !errno);
	sys(ptrace(PTRACE_POKEDATA, pid, &is_told, 1L));
	fails(ptrace(PTRACE_PEEKDATA, pid, 16, 0), EIO);
	sys(ptrace(PTRACE_DETACH, pid, 0, 0));
	fails(waitpid(pid, &status, 0), ECHILD);
	await_exit(parent, 9);
}

/* As programs do that don't want to be looked into. */
static void guard(void)
{
	pid_t parent = getpid(), child = sys(fork());
	int status;

	if (child == 0) {
		sys(ptrace(PTRACE_ATTACH, parent, 0, 0));
		check(waitpid(parent, &status, 0) == parent);
		check(status == STOP_STATUS(SIGSTOP));
		sys(ptrace(PTRACE_SETOPTIONS, parent, 0, PTRACE_O_EXITKILL));
		go_on(PTRACE_CONT, parent, 0);
		check(waitpid(parent, &status, 0) == parent);
		check(status == STOP_STATUS(SIGUSR1));
		/* with it goes what it traces */
		_exit(0);
	}
	fails(ptrace(PTRACE_ATTACH, parent, 0, 0), EPERM);
	await_state(child, "S");
	for (;;)
		raise(SIGUSR1);
}

int main(void)
{
	pid_t child;
	int status;

	attach_to_waiting();
	attach_to_computing();
	child = sys(fork());
	if (child == 0)
		guard();
	await_signal(child, SIGKILL);
	child = sys(fork());
	if (child == 0) {
		sys(ptrace(PTRACE_TRACEME, 0, 0, 0));
		fails(ptrace(PTRACE_TRACEME, 0, 0, 0), EPERM);
		_exit(3);
	}
	await_exit(child, 3);
	fails(ptrace(PTRACE_ATTACH, getpid(), 0, 0), EPERM);
	check(waitpid(-1, &status, __WALL | WNOHANG) == -1);
	return success();
}
