/* SPDX-License-Identifier: MIT */
/*
 * The first process of a pid namespace is spared the default actions of
 * signals: of all that come from within it, and of all but SIGKILL and SIGSTOP
 * from outside (pid_namespaces(7)).  Those do not interrupt its calls either.
 */
#include <sys/epoll.h>

#include "tracee.h"

static volatile sig_atomic_t *handled;

static void on_signal(int number)
{
	(void)number;
	++*handled;
}

static void send_to_init(void)
{
	const int numbers[] = { SIGTERM, SIGINT,	 SIGHUP,  SIGQUIT,
				       SIGSEGV, SIGSTOP, SIGTSTP, SIGTTIN,
				       SIGKILL, SIGUSR2, SIGALRM, SIGRTMIN };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sys(kill(1, numbers[i]));
}

/* A child sends them while process 1 waits in one call after the other. */
static void while_waiting(int fd)
{
	struct timespec pause = { 0, 300000000 };
	struct epoll_event event;
	int poll_fd = sys(epoll_create1(0)), go[2];
	pid_t child;
	char byte;

	sys(pipe(go));
	child = sys(fork());
	if (child == 0) {
		for (int i = 0; i < 3; i++) {
			await_state(1, "S");
			send_to_init();
			sleep_ms(120);
		}
		put(go[1], "g", 1);
		_exit(0);
	}
	check(epoll_wait(poll_fd, &event, 1, 200) == 0);
	check(nanosleep(&pause, NULL) == 0);
	check(read(go[0], &byte, 1) == 1);
	await_exit(child, 0);
	put(fd, "w", 1);
}

static void mount_proc(void)
{
	if (unshare(CLONE_NEWNS) ||
	    syscall(SYS_mount, "none", "/", NULL, 0x44000, NULL) ||
	    syscall(SYS_mount, "proc", "/proc", "proc", 0, NULL))
		skip("no /proc of its own: errno %d", errno);
}

static int init_process(int from, int to)
{
	sigset_t set;
	char byte;

	check(getpid() == 1);
	mount_proc();
	/* Its own signals: to itself, unhandled, handled, and blocked. */
	sys(raise(SIGTERM));
	sys(kill(1, SIGKILL));
	sys(kill(1, SIGSTOP));
	sys(raise(SIGTTOU));
	say("still here\n");
	handle_flags(SIGUSR1, on_signal, 0);
	sys(raise(SIGUSR1));
	check(*handled == 1);
	mask(SIG_BLOCK, SIGTERM);
	sys(raise(SIGTERM));
	sys(sigpending(&set));
	check(sigismember(&set, SIGTERM));
	mask(SIG_UNBLOCK, SIGTERM);
	alarm(1);
	while_waiting(to);
	check(*handled == 1);
	/* From outside; then SIGUSR1, which is handled. */
	check(read(from, &byte, 1) < 0 && errno == EINTR);
	check(*handled == 2);
	check(read(from, &byte, 1) == 1);
	say("untouched\n");
	return 0;
}

int main(void)
{
	int to_init[2], from_init[2];
	pid_t child;
	char byte;

	handled = map_shared(4096);
	if (!is_root() && unshare(CLONE_NEWUSER))
		skip("no user namespace: errno %d", errno);
	sys(pipe(to_init));
	sys(pipe(from_init));
	child = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (child < 0)
		skip("no pid namespace: errno %d", errno);
	if (child == 0)
		exit(init_process(to_init[0], from_init[1]));
	close(from_init[1]);
	if (read(from_init[0], &byte, 1) != 1)
		return WEXITSTATUS(await(child));
	await_state(child, "S");
	sys(kill(child, SIGTERM));
	sys(kill(child, SIGINT));
	sys(kill(child, SIGTSTP));
	sleep_ms(20);
	await_state(child, "S");
	sys(kill(child, SIGUSR1));
	while (*handled < 2)
		sched_yield();
	put(to_init[1], "g", 1);
	await_exit(child, 0);
	return success();
}
