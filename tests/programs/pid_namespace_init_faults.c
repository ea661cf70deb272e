/* SPDX-License-Identifier: MIT */
/*
 * A fault kills the first process of a pid namespace all the same, and all
 * others in it: what ends most programs that crash in a container.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "tracee.h"

static void refuse_sync(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sync, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	sys(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static void commit(int fault)
{
	volatile int zero = 0;
	volatile char *page;

	switch (fault) {
	case 0:
		*(volatile int *)8 = 1;
		break;
	case 1:
		zero = 7 / zero;
		break;
	case 2:
		__builtin_trap();
		break;
	case 3:
		__asm__ volatile("int3");
		break;
	case 4: /* past the end of a file: SIGBUS */
		page = sys(mmap(NULL, 4096, PROT_READ, MAP_SHARED,
				sys(memfd("empty", 0)), 0));
		zero = *page;
		break;
	case 5:
		abort();
	case 6:
		refuse_sync();
		sync();
		break;
	}
}

static void *thread(void *fault)
{
	commit((int)(intptr_t)fault);
	return NULL;
}

static void *block(void *fd)
{
	char byte;

	(void)!read((int)(intptr_t)fd, &byte, 1);
	return NULL;
}

static void crash(int fault, int fd, int in_thread)
{
	struct rlimit no_core = { 0, 0 };
	pthread_t id;

	sys(setrlimit(RLIMIT_CORE, &no_core));
	if (sys(fork()) == 0)
		block((void *)(intptr_t)fd);
	pthread_create(&id, NULL, block, (void *)(intptr_t)fd);
	if (!in_thread)
		commit(fault);
	pthread_create(&id, NULL, thread, (void *)(intptr_t)fault);
	pthread_join(id, NULL);
	say("fault %d was survived\n", fault);
	_exit(1);
}

static void once(int fault, int in_thread)
{
	int status, hold[2];
	pid_t child;

	sys(pipe(hold));
	child = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (child < 0)
		skip("no pid namespace: errno %d", errno);
	if (child == 0) {
		close(hold[1]);
		crash(fault, hold[0], in_thread);
	}
	close(hold[0]);
	status = await(child);
	say("fault %d: status %#x\n", fault, status);
	check(WIFSIGNALED(status));
	signal(SIGPIPE, SIG_IGN);
	fails(write(hold[1], "w", 1), EPIPE);
	close(hold[1]);
}

int main(void)
{
	if (!is_root() && unshare(CLONE_NEWUSER))
		skip("no user namespace: errno %d", errno);
	for (int fault = 0; fault < 7; fault++)
		once(fault, 0);
	once(0, 1);
	once(1, 1);
	return success();
}
