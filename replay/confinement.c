/* SPDX-License-Identifier: MIT */
#include "replay/confinement.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "traces/report.h"

#define SECONDS 30 /* more than any honest explanation takes */

/* What reading, computing and allocating need. */
static const int allowed[] = {
	SYS_read, SYS_pread64, SYS_lseek, SYS_fstat, SYS_close,
	SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk,
	SYS_futex, SYS_sched_yield, SYS_clock_gettime, SYS_gettid, SYS_getpid,
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_sigaltstack, SYS_exit, SYS_exit_group,
};

#define COUNT (sizeof(allowed) / sizeof(*allowed))
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, skip) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))

static int install_filter(int output)
{
	static const struct sock_filter start[] = {
		LOAD(arch), UNLESS(AUDIT_ARCH_X86_64, 1),
		BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), REFUSE, LOAD(nr),
	};
	const struct sock_filter end[] = {
		UNLESS(SYS_write, 5), LOAD(args[0]),
		UNLESS((uint32_t)output, 1), ALLOW,
		UNLESS(STDERR_FILENO, 1), ALLOW, REFUSE,
	};
	struct sock_filter code[5 + 2 * COUNT + 7];
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	memcpy(code, start, sizeof(start));
	for (size_t i = 0; i < COUNT; i++) {
		code[5 + 2 * i] = (struct sock_filter)
			UNLESS((uint32_t)allowed[i], 1);
		code[6 + 2 * i] = (struct sock_filter)ALLOW;
	}
	memcpy(code + 5 + 2 * COUNT, end, sizeof(end));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return report(-errno, "confine a reader of the trace");
	return 0;
}

int confine_reader(int output)
{
	struct rlimit no_core = { 1, 1 }; /* core(5): not even to a pipe */

	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(SECONDS);
	return install_filter(output);
}
