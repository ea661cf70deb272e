/* SPDX-License-Identifier: MIT */
/* Signals on their way to a traced child: dropped, changed, stopped by. */
#include "tracer.h"

#include <linux/ptrace.h>

static volatile sig_atomic_t told, told_code, told_pid, told_status;

static void on_child(int signal, siginfo_t *info, void *context)
{
	told++;
	told_code = info->si_code;
	told_pid = info->si_pid;
	told_status = info->si_status;
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	say("child: signal %d code %d value %d\n", signal, info->si_code,
	    info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
}

static void run(void)
{
	int pipes[2];
	char byte;

	handle_info(SIGUSR1, on_signal, SA_RESTART);
	handle_info(SIGUSR2, on_signal, 0);
	mask(SIG_BLOCK, SIGWINCH);
	mask(SIG_UNBLOCK, SIGUSR1);
	raise(SIGUSR1); /* dropped */
	raise(SIGUSR1); /* let through */
	raise(SIGUSR1); /* made another one */
	raise(SIGUSR1); /* with another siginfo */
	raise(SIGCHLD); /* ignored, but its tracer sees it */
	raise(SIGWINCH); /* blocked: its tracer unblocks it */
	sys(pipe(pipes));
	kill(getppid(), SIGUSR1);
	/* interrupted twice: restarted after one handler, not the other */
	check(read(pipes[0], &byte, 1) == -1 && errno == EINTR);
	say("child: read was interrupted\n");
	*(volatile int *)8 = 1;
}

static void stop_at(pid_t child, int signal, int expected)
{
	go_on(PTRACE_CONT, child, signal);
	expect(child, STOP_STATUS(expected));
}

static void peek_pending(pid_t child)
{
	struct __ptrace_peeksiginfo_args arguments = { .nr = 4 };
	siginfo_t infos[4];
	uint64_t set;

	sys(ptrace(PTRACE_GETSIGMASK, child, sizeof(set), &set));
	check(set & 1ull << (SIGWINCH - 1));
	check(sys(ptrace(PTRACE_PEEKSIGINFO, child, &arguments, infos)) == 0);
	set &= ~(1ull << (SIGWINCH - 1));
	sys(ptrace(PTRACE_SETSIGMASK, child, sizeof(set), &set));
	fails(ptrace(PTRACE_GETSIGMASK, child, 4, &set), EINVAL);
}

static void on_ready(int signal)
{
}

int main(void)
{
	siginfo_t info = { .si_signo = SIGUSR1 };
	pid_t child;

	handle_info(SIGCHLD, on_child, SA_RESTART);
	handle_flags(SIGUSR1, on_ready, SA_RESTART);
	mask(SIG_BLOCK, SIGUSR1);
	child = traced_child(run);
	check(told == 1 && told_code == CLD_TRAPPED && told_pid == child &&
	      told_status == SIGSTOP);
	stop_at(child, 0, SIGUSR1);
	stop_at(child, 0, SIGUSR1);
	stop_at(child, SIGUSR1, SIGUSR1);
	stop_at(child, SIGUSR2, SIGUSR1);
	info.si_code = SI_QUEUE;
	info.si_value.sival_int = 99;
	sys(ptrace(PTRACE_SETSIGINFO, child, 0, &info));
	stop_at(child, SIGUSR1, SIGCHLD);
	peek_pending(child);
	stop_at(child, 0, SIGWINCH);
	go_on(PTRACE_CONT, child, SIGWINCH);
	check(sigwaitinfo(&(sigset_t){ { 1ul << (SIGUSR1 - 1) } }, &info) ==
	      SIGUSR1);
	await_state(child, "S");
	kill(child, SIGUSR1);
	expect(child, STOP_STATUS(SIGUSR1));
	go_on(PTRACE_CONT, child, SIGUSR1);
	await_state(child, "S");
	kill(child, SIGUSR2);
	expect(child, STOP_STATUS(SIGUSR2));
	go_on(PTRACE_CONT, child, SIGUSR2);
	expect(child, STOP_STATUS(SIGSEGV));
	sys(ptrace(PTRACE_GETSIGINFO, child, 0, &info));
	check(info.si_code == SEGV_MAPERR && info.si_addr == (void *)8);
	go_on(PTRACE_CONT, child, SIGSEGV);
	check((await(child) & 0x7f) == SIGSEGV);
	say("told %d times\n", told > 5);
	return success();
}
