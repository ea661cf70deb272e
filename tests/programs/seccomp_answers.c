/* SPDX-License-Identifier: MIT */
/*
 * Filters that answer calls instead of the kernel: success or a signal where
 * nothing was mapped, unmapped, protected, started or executed.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include <ucontext.h>

#include "filtering.h"

static volatile int trapped;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	trapped = info->si_syscall;
}

static long before_break;

static void try_calls(char *page, const char *self)
{
	char *arguments[] = { (char *)self, "again", NULL };
	cpu_set_t none;

	say("mmap %ld\n", syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	say("munmap %ld\n", syscall(SYS_munmap, page, 4096));
	say("mprotect %ld\n", syscall(SYS_mprotect, page, 4096, PROT_NONE));
	say("mremap %ld\n", syscall(SYS_mremap, page, 4096, 8192, 0));
	say("madvise %ld\n", syscall(SYS_madvise, page, 4096, MADV_DONTNEED));
	say("brk %ld\n", syscall(SYS_brk, before_break + 8192));
	say("shmat %ld\n", syscall(SYS_shmat, 0, 0, 0));
	say("fork %ld\n", syscall(SYS_fork));
	say("clone %ld\n", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
	say("execve %ld\n", syscall(SYS_execve, "/proc/self/exe", arguments,
				    environ));
	CPU_ZERO(&none);
	say("sched_setaffinity %ld\n", syscall(SYS_sched_setaffinity, 0,
					       sizeof(none), &none));
	say("set_tid_address %ld\n", syscall(SYS_set_tid_address, page));
	if (!trapped)
		say("rt_sigreturn %ld\n", syscall(SYS_rt_sigreturn));
	say("process_vm_writev %ld\n", syscall(SYS_process_vm_writev, getpid(),
					       NULL, 0, NULL, 1, 0));
	say("io_uring_setup %ld\n", syscall(SYS_io_uring_setup, 1, NULL));
	say("prctl %d\n", prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	page[0]++; /* mapped and writable as before */
	say("page %d, trapped %d\n", page[0], trapped);
}

static void child(unsigned verdict, char *page, const char *self)
{
	pid_t pid = sys(fork());
	int status;

	if (pid == 0) {
		handle_info(SIGSYS, handler, 0);
		before_break = syscall(SYS_brk, 0);
		sys(INSTALL(SECCOMP_RET_ALLOW, 0, { SYS_mmap, verdict },
			    { SYS_munmap, verdict }, { SYS_mprotect, verdict },
			    { SYS_mremap, verdict }, { SYS_madvise, verdict },
			    { SYS_brk, verdict }, { SYS_shmat, verdict },
			    { SYS_fork, verdict }, { SYS_clone, verdict },
			    { SYS_execve, verdict },
			    { SYS_sched_setaffinity, verdict },
			    { SYS_set_tid_address, verdict },
			    { SYS_process_vm_writev, verdict },
			    { SYS_io_uring_setup, verdict },
			    { SYS_prctl, verdict },
			    /* the handler returns by it */
			    { SYS_rt_sigreturn, verdict == SECCOMP_RET_TRAP ?
						SECCOMP_RET_ALLOW : verdict }));
		try_calls(page, self);
		_exit(0);
	}
	status = await(pid);
	say("status %#x\n", status);
}

int main(int argc, char **argv)
{
	char *page = sys(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	if (argc > 1)
		return 1;
	page[0] = 41;
	child(SECCOMP_RET_ERRNO | 0, page, argv[0]);
	child(SECCOMP_RET_ERRNO | 7, page, argv[0]);
	child(SECCOMP_RET_ERRNO | 5000, page, argv[0]);
	child(SECCOMP_RET_TRACE | 9, page, argv[0]);
	child(SECCOMP_RET_TRAP, page, argv[0]);
	return success();
}
