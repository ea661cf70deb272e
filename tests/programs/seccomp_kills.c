/* SPDX-License-Identifier: MIT */
/*
 * Filters that kill: a thread of several, the last one, the process; for calls
 * that a recorder would refuse or change before the kernel sees them.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include "filtering.h"

static pthread_barrier_t barrier;

static void forbidden_call(int number, unsigned verdict)
{
	sys(INSTALL(SECCOMP_RET_ALLOW, 0, { number, verdict }));
	syscall(number, 1, 0, 0, 0, 0, 0);
	say("alive after %d\n", number);
}

static void *dies(void *argument)
{
	sys(INSTALL(SECCOMP_RET_ALLOW, 0,
		    { SYS_getppid, SECCOMP_RET_KILL_THREAD }));
	pthread_barrier_wait(&barrier);
	syscall(SYS_getppid);
	say("not dead\n");
	return argument;
}

/* One thread dies, another goes on (a join would wait for ever: no cleanup). */
static void thread_alone(void)
{
	volatile int *word;
	pthread_t thread;
	pid_t pid = sys(fork());

	if (pid == 0) {
		pthread_barrier_init(&barrier, NULL, 2);
		check(!pthread_create(&thread, NULL, dies, NULL));
		pthread_barrier_wait(&barrier);
		word = (volatile int *)&thread; /* keeps it in memory */
		check(*word || 1);
		check(!pthread_join(thread, NULL)); /* its tid is cleared */
		say("thread gone, filters %ld\n",
		    status_number("Seccomp_filters"));
		_exit(3);
	}
	say("one thread: %#x\n", await(pid) & ~0x80);
}

static void whole(const char *name, int number, unsigned verdict)
{
	pid_t pid = sys(fork());

	if (pid == 0) {
		forbidden_call(number, verdict);
		_exit(4);
	}
	say("%s: %#x\n", name, await(pid) & ~0x80); /* a core or none */
}

int main(void)
{
	struct rlimit none = { 0, 0 };

	sys(setrlimit(RLIMIT_CORE, &none));
	thread_alone();
	whole("last thread", SYS_getppid, SECCOMP_RET_KILL_THREAD);
	whole("process", SYS_getppid, SECCOMP_RET_KILL_PROCESS);
	whole("unknown action", SYS_getppid, 0x12340000);
	whole("io_uring killed", SYS_io_uring_setup, SECCOMP_RET_KILL_PROCESS);
	whole("io_uring trapped", SYS_io_uring_setup, SECCOMP_RET_TRAP);
	whole("rseq", SYS_rseq, SECCOMP_RET_KILL_PROCESS);
	whole("mmap", SYS_mmap, SECCOMP_RET_KILL_THREAD);
	whole("fork", SYS_fork, SECCOMP_RET_KILL_PROCESS);
	whole("execve", SYS_execve, SECCOMP_RET_KILL_PROCESS);
	whole("munmap", SYS_munmap, SECCOMP_RET_KILL_PROCESS);
	whole("no call", 5000, SECCOMP_RET_KILL_PROCESS);
	whole("number -1", -1, SECCOMP_RET_KILL_PROCESS);
	return success();
}
