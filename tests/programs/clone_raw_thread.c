/* SPDX-License-Identifier: MIT */
/* A thread made by the bare call: own stack, same thread group, futex join. */
#include "tracee.h"

static char stack[65536] __attribute__((aligned(16)));
static int tid_word;
static volatile int seen_pid, seen_tid;

static int thread_main(void *unused)
{
	(void)unused;
	seen_pid = syscall(SYS_getpid);
	seen_tid = syscall(SYS_gettid);
	syscall(SYS_exit, 0);
	return 0;
}

int main(void)
{
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
		    CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID |
		    CLONE_CHILD_CLEARTID;
	int tid = sys(clone(thread_main, stack + sizeof(stack), flags, NULL,
			    &tid_word, NULL, &tid_word));
	int value;

	while ((value = __atomic_load_n(&tid_word, __ATOMIC_SEQ_CST)))
		futex(&tid_word, 0, value, NULL, NULL, 0);
	check(seen_pid == getpid() && seen_tid == tid && tid != seen_pid);
	say("thread %d of %d\n", seen_tid, seen_pid);
	return success();
}
