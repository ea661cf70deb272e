/* SPDX-License-Identifier: MIT */
/*
 * The filter of calls that stops those which are not the agent's: seccomp(2),
 * in the child that becomes the program.
 */
#include "src/record_agent.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/process_status.h"
#include "src/seccomp_wrap.h"
#include "src/session_page.h"

#define VSYSCALL_PAGE 0xffffffffff600000ul

#define LOAD(field, offset)                                    \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
		 offsetof(struct seccomp_data, field) + (offset))
#define IF_EQUAL(value, then, otherwise) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then), (otherwise))

/* Without what some kernels do then about speculation, which a program sees. */
static int install(const struct sock_fprog *program)
{
	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		     SECCOMP_FILTER_FLAG_SPEC_ALLOW, program))
		return 0;
	return errno == EINVAL ?
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) : -1;
}

/*
 * Filters that reel itself runs under, as in a container, are the program's,
 * too.  Who answers a call there is not the kernel, and it is not told to us
 * without a stop at each call.
 */
int record_agent_is_possible(void)
{
	return process_status_number(getpid(), "Seccomp") <= 0;
}

/*
 * Calls of the agent, and those that we make in a task's name, need no stop.
 * Those of the vsyscall page must have none: a tracer that goes on from it as
 * from others ends the program (emulate_vsyscall in arch/x86).
 */
int record_agent_install_filter(void)
{
	struct sock_filter code[] = {
		LOAD(instruction_pointer, 4),
		IF_EQUAL(SECCOMP_PASS_POINTER >> 32, 9, 0),
		IF_EQUAL(SECCOMP_ANSWER_POINTER >> 32, 8, 0),
		IF_EQUAL(VSYSCALL_PAGE >> 32, 7, 0),
		IF_EQUAL(0, 0, 5),
		LOAD(instruction_pointer, 0),
		IF_EQUAL(AGENT_CALL_END, 1, 0),
		IF_EQUAL(AGENT_OWN_CALL_END, 0, 2),
		LOAD(arch, 0),
		IF_EQUAL(AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	if (!install(&program))
		return 0;
	/* A tracer without privileges takes away what this would, too. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || install(&program))
		return -errno;
	return 0;
}
