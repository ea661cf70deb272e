/* SPDX-License-Identifier: MIT */
/*
 * Calls from one place with good addresses, then with bad ones: EFAULT, and
 * nothing else; registers are kept, and so are the actions and the mask of
 * SIGSEGV, which no call raises.
 */
#include "tracee.h"

#include <setjmp.h>

#define BAD ((const void *)64)

static volatile sig_atomic_t faults;
static sigjmp_buf back;

static void handler(int number)
{
	faults += number == SIGSEGV;
	siglongjmp(back, 1);
}

/* Makes the call with known values in what a function keeps for its caller. */
__attribute__((noinline)) static long
call_kept(long number, long one, const void *two, long three)
{
	static const uint64_t values[6] = { 11, 12, 13, 14, 15, 16 };
	uint64_t now[6];
	long result;

	__asm__ volatile("push %%rbx\n\tpush %%rbp\n\t"
			 "push %[now]\n\t"
			 "mov 0(%[values]), %%rbx\n\t"
			 "mov 8(%[values]), %%rbp\n\t"
			 "mov 16(%[values]), %%r12\n\t"
			 "mov 24(%[values]), %%r13\n\t"
			 "mov 32(%[values]), %%r14\n\t"
			 "mov 40(%[values]), %%r15\n\t"
			 "nop\n\tnop\n\tnop\n\tnop\n\t"
			 "syscall\n\t"
			 "nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\t"
			 "pop %%rcx\n\t"
			 "mov %%rbx, 0(%%rcx)\n\tmov %%rbp, 8(%%rcx)\n\t"
			 "mov %%r12, 16(%%rcx)\n\tmov %%r13, 24(%%rcx)\n\t"
			 "mov %%r14, 32(%%rcx)\n\tmov %%r15, 40(%%rcx)\n\t"
			 "pop %%rbp\n\tpop %%rbx\n\t"
			 : "=a"(result)
			 : "a"(number), "D"(one), "S"(two), "d"(three),
			   [values] "r"(values), [now] "r"(now)
			 : "rcx", "r11", "r12", "r13", "r14", "r15", "memory");
	check(!memcmp(values, now, sizeof(now)));
	return result;
}

static void expect_faults(int fd)
{
	char byte;

	for (int i = 0; i < 20; i++) {
		check(call_kept(SYS_write, fd, "x", 1) == 1);
		check(call_kept(SYS_write, fd, BAD, 1) == -EFAULT);
		check(call_kept(SYS_access, (long)"/", NULL, 0) == 0);
		check(call_kept(SYS_access, (long)BAD, NULL, 0) == -EFAULT);
		check(call_kept(SYS_poll, (long)BAD, (void *)1, 0) == -EFAULT);
	}
	for (int i = 0; i < 20; i++)
		check(sys(read(fd - 1, &byte, 1)) == 1);
}

int main(void)
{
	struct sigaction action;
	sigset_t all, before;
	int fds[2];

	sys(pipe(fds));
	check(fds[1] == fds[0] + 1);
	handle_flags(SIGSEGV, handler, 0);
	expect_faults(fds[1]);
	sigfillset(&all);
	sys(sigprocmask(SIG_BLOCK, &all, &before));
	expect_faults(fds[1]);
	sys(sigprocmask(SIG_SETMASK, &before, &all));
	check(sigismember(&all, SIGSEGV));
	sys(sigaction(SIGSEGV, NULL, &action));
	check(action.sa_handler == handler);
	signal(SIGSEGV, SIG_IGN);
	expect_faults(fds[1]);
	sys(sigaction(SIGSEGV, NULL, &action));
	check(action.sa_handler == SIG_IGN);
	handle_flags(SIGSEGV, handler, 0);
	if (!sigsetjmp(back, 1))
		*(volatile char *)BAD = 1;
	check(faults == 1);
	return success();
}
