/* SPDX-License-Identifier: MIT */
/*
 * Several filters, over fork, threads and exec; what they can look at; how
 * many the kernel says there are; filters that it does not take.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include "filtering.h"

static void reject(void)
{
	static struct sock_filter code[BPF_MAXINSNS + 1];
	struct sock_filter endless[] = { LOAD(nr) };
	struct sock_filter wrong[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
		RETURN(SECCOMP_RET_ALLOW),
	};

	for (int i = 0; i < BPF_MAXINSNS + 1; i++)
		code[i] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	fails(install_code(endless, 1, 0), EINVAL);
	fails(install_code(wrong, 2, 0), EINVAL);
	fails(install_code(code, 0, 0), EINVAL);
	fails(install_code(code, BPF_MAXINSNS + 1, 0), EINVAL);
	fails(install_code((void *)8, 3, 0), EFAULT);
	fails(install_code(code, 1, 1u << 20), EINVAL);
	fails(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL), EFAULT);
	fails(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 16), EFAULT);
}

/* Looks at arguments, architecture and the place of the call. */
static void look_at_all(void)
{
	struct sock_filter code[] = {
		LOAD(arch),
		IF_IS(0xc000003e /* x86-64 */, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(instruction_pointer) /* low half */,
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_STX, 3),
		LOAD(nr),
		IF_IS(SYS_getpriority, 0, 5),
		LOAD(args[1]),
		IF_IS(4711, 0, 3),
		LOAD(instruction_pointer) /* low half of libc's, not 0 */,
		IF_IS(0, 1, 0),
		RETURN(SECCOMP_RET_ERRNO | 33),
		BPF_STMT(BPF_LD | BPF_MEM, 3),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};

	sys(install_code(code, sizeof(code) / sizeof(*code), 0));
	fails(syscall(SYS_getpriority, 0, 4711), 33);
	check(syscall(SYS_getpriority, 0, 0) > 0);
}

static void *in_thread(void *argument)
{
	fails(syscall(SYS_getppid), 11);
	fails(syscall(SYS_getuid), 22);
	say("thread: %ld filters\n", status_number("Seccomp_filters"));
	return argument;
}

static void *waits(void *argument)
{
	pthread_barrier_t *barrier = argument;

	pthread_barrier_wait(barrier);
	pthread_barrier_wait(barrier);
	fails(syscall(SYS_getgid), 44); /* by TSYNC */
	return NULL;
}

static void synchronize(void)
{
	pthread_barrier_t barrier;
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, waits, &barrier));
	pthread_barrier_wait(&barrier);
	sys(INSTALL(SECCOMP_RET_ALLOW, SECCOMP_FILTER_FLAG_TSYNC,
		    { SYS_getgid, SECCOMP_RET_ERRNO | 44 }));
	pthread_barrier_wait(&barrier);
	check(!pthread_join(thread, NULL));
}

static void again(void)
{
	fails(syscall(SYS_getppid), 11);
	fails(syscall(SYS_getuid), 22);
	fails(syscall(SYS_getgid), 44);
	fails(syscall(SYS_getpriority, 0, 4711), 33);
	say("after exec: mode %ld, %ld filters\n", status_number("Seccomp"),
	    status_number("Seccomp_filters"));
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t pid;

	if (argc > 1) {
		again();
		return success();
	}
	reject();
	say("mode %ld, %ld filters\n", status_number("Seccomp"),
	    status_number("Seccomp_filters"));
	sys(INSTALL(SECCOMP_RET_ALLOW, 0,
		    { SYS_getppid, SECCOMP_RET_ERRNO | 11 },
		    { SYS_getuid, SECCOMP_RET_LOG }));
	check(getuid() == geteuid());
	sys(INSTALL(SECCOMP_RET_ALLOW, SECCOMP_FILTER_FLAG_LOG,
		    { SYS_getppid, SECCOMP_RET_ERRNO | 99 },
		    { SYS_getuid, SECCOMP_RET_ERRNO | 22 }));
	fails(syscall(SYS_getppid), 99); /* of equals the newest */
	sys(INSTALL(SECCOMP_RET_ALLOW, 0,
		    { SYS_getppid, SECCOMP_RET_ERRNO | 11 }));
	look_at_all();
	check(!pthread_create(&thread, NULL, in_thread, NULL));
	check(!pthread_join(thread, NULL));
	synchronize();
	pid = sys(fork());
	if (pid == 0) {
		execl("/proc/self/exe", argv[0], "again", NULL);
		_exit(1);
	}
	check(await(pid) == 0);
	say("mode %ld, %ld filters\n", status_number("Seccomp"),
	    status_number("Seccomp_filters"));
	return success();
}
