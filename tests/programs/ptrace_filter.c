/* SPDX-License-Identifier: MIT */
/* A seccomp filter hands calls to a tracer, which changes and skips them. */
#include "tracer.h"

#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>

static void install(int number, uint32_t action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, code };

	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	sys(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static void run(void)
{
	install(SYS_getppid, SECCOMP_RET_TRACE | 42);
	install(SYS_getpgrp, SECCOMP_RET_ERRNO | EXDEV);
	check(syscall(SYS_getppid) == getppid()); /* let through */
	fails(syscall(SYS_getppid), EBADMSG);	  /* skipped */
	check(syscall(SYS_getppid) == getpid());  /* made another call */
	fails(syscall(SYS_getppid), EXDEV);	  /* that a filter refuses */
	fails(syscall(SYS_getppid), ENOSYS);	  /* nobody to ask any more */
	say("child: all as its tracer said\n");
}

static void to_filter(pid_t child)
{
	struct __ptrace_syscall_info info;
	unsigned long message;

	go_on(PTRACE_CONT, child, 0);
	expect(child, EVENT_STATUS(PTRACE_EVENT_SECCOMP));
	sys(ptrace(PTRACE_GETEVENTMSG, child, 0, &message));
	check(message == 42);
	check(sys(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info),
			 &info)) >= 84);
	check(info.op == PTRACE_SYSCALL_INFO_SECCOMP &&
	      info.seccomp.nr == SYS_getppid && info.seccomp.ret_data == 42);
}

static void set(pid_t child, size_t where, long value)
{
	sys(ptrace(PTRACE_POKEUSER, child, where, value));
}

#define NUMBER offsetof(struct user_regs_struct, orig_rax)
#define RESULT offsetof(struct user_regs_struct, rax)

int main(void)
{
	pid_t child = traced_child(run);
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP;

	sys(ptrace(PTRACE_SETOPTIONS, child, 0, options));
	to_filter(child); /* glibc's getppid() is such a call, too */
	to_filter(child);
	go_on(PTRACE_SYSCALL, child, 0);
	expect(child, STOP_STATUS(SIGTRAP | 0x80));
	check((pid_t)registers_of(child).rax == getpid());
	to_filter(child);
	set(child, NUMBER, -1);
	set(child, RESULT, -EBADMSG);
	to_filter(child);
	set(child, NUMBER, SYS_getpid);
	to_filter(child);
	set(child, NUMBER, SYS_getpgrp);
	go_on(PTRACE_SYSCALL, child, 0);
	expect(child, STOP_STATUS(SIGTRAP | 0x80));
	check((long)registers_of(child).rax == -EXDEV);
	sys(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD));
	go_on(PTRACE_CONT, child, 0);
	expect(child, 0);
	return success();
}
