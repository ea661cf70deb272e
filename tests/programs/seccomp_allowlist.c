/* SPDX-License-Identifier: MIT */
/* A filter that kills for what it does not know; refused calls under it. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "tracee.h"

#define ALLOW(name)                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void handler(int signal)
{
	say("signal %d\n", signal);
}

int main(int argc, char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		ALLOW(read),
		ALLOW(write),
		ALLOW(exit_group),
		ALLOW(brk),
		ALLOW(mmap),
		ALLOW(mprotect),
		ALLOW(munmap),
		ALLOW(close),
		ALLOW(openat),
		ALLOW(newfstatat),
		ALLOW(pread64),
		ALLOW(getpid),
		ALLOW(rt_sigreturn),
		ALLOW(set_tid_address),
		ALLOW(set_robust_list),
		ALLOW(rseq),
		ALLOW(prlimit64),
		ALLOW(arch_prctl),
		ALLOW(getrandom),
		ALLOW(execve),
		ALLOW(access),
		ALLOW(io_uring_setup),
		ALLOW(getppid),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };
	struct itimerval soon = { { 0, 0 }, { 0, 20000 } };
	long parents = 0;

	(void)argc;
	if (argc > 1)
		return success();
	signal(SIGALRM, handler);
	sys(setitimer(ITIMER_REAL, &soon, NULL));
	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	sys(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	syscall(SYS_io_uring_setup, 1, NULL);
	/* The timer strikes while this computes, between calls. */
	for (volatile long i = 0; i < 100000000; i++)
		;
	for (int i = 0; i < 10; i++)
		parents += syscall(SYS_getppid) != 0;
	check(parents == 10);
	execl("/proc/self/exe", argv[0], "again", NULL);
	return 1;
}
