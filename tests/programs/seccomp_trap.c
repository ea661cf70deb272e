/* SPDX-License-Identifier: MIT */
/* SECCOMP_RET_TRAP raises SIGSYS, whose handler answers the call. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <ucontext.h>

#include "tracee.h"

static void handler(int number, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	(void)number;
	check(info->si_code == 1 /* SYS_SECCOMP */);
	check(info->si_syscall == SYS_getppid);
	user->uc_mcontext.gregs[REG_RAX] = 4711;
}

int main(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	handle_info(SIGSYS, handler, 0);
	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	sys(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
	check(syscall(SYS_getppid) == 4711);
	return success();
}
