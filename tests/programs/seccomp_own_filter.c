/* SPDX-License-Identifier: MIT */
/* The program's own seccomp filter: errno, and death by SIGSYS. */
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "tracee.h"

#define RULE(number, action)                               \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, action)

int main(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		RULE(SYS_getppid, SECCOMP_RET_ERRNO | 71),
		RULE(SYS_getuid, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };
	pid_t child = sys(fork());

	if (child == 0) {
		sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		sys(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
		fails(syscall(SYS_getppid), 71);
		syscall(SYS_getuid);
		_exit(1);
	}
	await_signal(child, SIGSYS);
	return success();
}
