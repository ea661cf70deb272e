/* SPDX-License-Identifier: MIT */
/* clone3 with a stack: a thread that leaves by the bare exit call. */
#include <linux/sched.h>

#include "tracee.h"

static char stack[65536] __attribute__((aligned(16)));
static int word = 1;
static volatile int seen;

static void thread_main(void)
{
	seen = syscall(SYS_gettid);
	syscall(SYS_exit, 0);
}

/* As a function of C the new thread would return on the wrong stack. */
static long start(struct clone_args *args)
{
	register void (*entry)(void) asm("r8") = thread_main;
	long result;

	asm volatile("syscall\n\t"
		     "test %%rax,%%rax\n\t"
		     "jnz 1f\n\t"
		     "call *%%r8\n\t"
		     "1:"
		     : "=a"(result)
		     : "a"(SYS_clone3), "D"(args), "S"(sizeof(*args)),
		       "r"(entry)
		     : "rcx", "r11", "memory");
	return result;
}

int main(void)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			 CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID,
		.child_tid = (uintptr_t)&word,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof(stack),
	};
	long tid = start(&args);

	if (tid == -ENOSYS)
		skip("no clone3");
	check(tid > 0);
	while (__atomic_load_n(&word, __ATOMIC_SEQ_CST))
		futex(&word, 0, 1, NULL, NULL, 0);
	check(seen == tid);
	say("thread %d\n", seen);
	return success();
}
