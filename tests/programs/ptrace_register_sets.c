/* SPDX-License-Identifier: MIT */
/*
 * PTRACE_GETREGSET and PTRACE_SETREGSET with room for less and more than the
 * set has: both tell how much they took.
 */
#include "tracee.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/user.h>

static void sets(pid_t child, int type, size_t whole)
{
	static const size_t lengths[] = { 0, 8, 64, 216, 512, 4096 };
	static char bytes[4096];

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		size_t most = lengths[i] < whole ? lengths[i] : whole;
		struct iovec vector = { bytes, lengths[i] };

		memset(bytes, 0x55, sizeof(bytes));
		sys(ptrace(PTRACE_GETREGSET, child, type, &vector));
		check(vector.iov_len == most && bytes[most] == 0x55);
		if (most % 8 || (type == NT_PRFPREG && most < whole))
			continue;
		vector.iov_len = lengths[i];
		sys(ptrace(PTRACE_SETREGSET, child, type, &vector));
		check(vector.iov_len == most);
	}
}

int main(void)
{
	pid_t child = sys(fork());
	struct iovec vector = { NULL, 7 };
	int status;

	if (!child) {
		sys(ptrace(PTRACE_TRACEME));
		raise(SIGSTOP);
		_exit(7);
	}
	status = await(child);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	sets(child, NT_PRSTATUS, sizeof(struct user_regs_struct));
	sets(child, NT_PRFPREG, sizeof(struct user_fpregs_struct));
	fails(ptrace(PTRACE_SETREGSET, child, NT_PRSTATUS, &vector), EINVAL);
	check(vector.iov_len == 7);
	sys(ptrace(PTRACE_CONT, child, 0, 0));
	status = await(child);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	return success();
}
