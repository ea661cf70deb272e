/* SPDX-License-Identifier: MIT */
/* What a tracer asks for does not go where the tracer itself may not write. */
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "tracee.h"

#define PAGE 4096
#define SIGNALS 3

static void peek_signals(pid_t child, char *read_only)
{
	struct __ptrace_peeksiginfo_args args = { .nr = SIGNALS };
	siginfo_t *infos = (void *)(read_only - 2 * sizeof(*infos));

	check(ptrace(PTRACE_PEEKSIGINFO, child, &args, infos) == 2);
	check(infos[0].si_signo == SIGRTMIN && infos[1].si_signo == SIGRTMIN);
	fails(ptrace(PTRACE_PEEKSIGINFO, child, &args, read_only), EFAULT);
	fails(ptrace(PTRACE_PEEKSIGINFO, child, &args, NULL), EFAULT);
}

int main(void)
{
	char *pages = map_private(2 * PAGE), *read_only = pages + PAGE;
	static const char zeros[sizeof(struct user_regs_struct)];
	struct iovec vector = { read_only, sizeof(zeros) };
	sigset_t blocked;
	pid_t child;

	sys(mprotect(read_only, PAGE, PROT_READ));
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGRTMIN);
	sys(sigprocmask(SIG_BLOCK, &blocked, NULL));
	child = sys(fork());
	if (!child)
		for (;;)
			pause();
	for (int i = 0; i < SIGNALS; i++)
		sys(syscall(SYS_tgkill, child, child, SIGRTMIN));
	sys(ptrace(PTRACE_ATTACH, child, NULL, NULL));
	check(waitpid(child, NULL, 0) == child);
	peek_signals(child, read_only);
	check(ptrace(PTRACE_GETREGS, child, NULL, read_only) == -1);
	check(ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &vector) == -1);
	check(syscall(SYS_ptrace, PTRACE_PEEKDATA, child, pages, read_only) ==
	      -1);
	check(ptrace(PTRACE_GETSIGMASK, child, 8, read_only) == -1);
	check(!memcmp(read_only, zeros, sizeof(zeros)));
	sys(kill(child, SIGKILL));
	check(waitpid(child, NULL, 0) == child);
	return success();
}
