/* SPDX-License-Identifier: MIT */
/*
 * SIGSYS blocked, ignored, handled, pending: calls change nothing of that, at
 * whatever place they are made.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include "tracee.h"

static volatile int taken;

static void handler(int signal)
{
	check(signal == SIGSYS);
	taken++;
}

static int is_blocked(void)
{
	sigset_t mask;

	sys(sigprocmask(SIG_SETMASK, NULL, &mask));
	return sigismember(&mask, SIGSYS);
}

/* The bit of SIGSYS in a line of /proc/self/status. */
static int status_bit(const char *name)
{
	char text[8192], *line;
	int fd = sys(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
	ssize_t got = sys(read(fd, text, sizeof(text) - 1));

	text[got] = '\0';
	sys(close(fd));
	line = strstr(text, name);
	check(line);
	return strtoull(line + strlen(name) + 1, NULL, 16) >> (SIGSYS - 1) & 1;
}

/* Calls of all kinds: often made ones, and such as are never made twice. */
static void make_calls(void)
{
	struct timespec none = { 0, 0 };

	for (int i = 0; i < 8; i++) {
		sys(sched_yield());
		sys(getppid());
		sys(syscall(SYS_getpgid, 0));
		sys(clock_nanosleep(CLOCK_MONOTONIC, 0, &none, NULL));
		fails(close(-1), EBADF);
	}
}

static void show(const char *what)
{
	struct sigaction now;

	make_calls();
	sys(sigaction(SIGSYS, NULL, &now));
	say("%s: blocked %d %d, ignored %d, caught %d, pending %d, %s, flags "
	    "%#x, taken %d\n", what, is_blocked(), status_bit("\nSigBlk:"),
	    status_bit("\nSigIgn:"), status_bit("\nSigCgt:"),
	    status_bit("\nSigPnd:") | status_bit("\nShdPnd:"),
	    now.sa_handler == SIG_DFL ? "default" :
	    now.sa_handler == SIG_IGN ? "ignored" :
	    now.sa_handler == handler ? "handler" : "another",
	    (unsigned)now.sa_flags, taken);
}

static void block(int how)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGSYS);
	sys(sigprocmask(how, &mask, NULL));
}

static void set(void (*function)(int), int flags)
{
	struct sigaction action = { .sa_handler = function,
				    .sa_flags = flags };

	sys(sigaction(SIGSYS, &action, NULL));
}

static void handle_it(void)
{
	set(handler, SA_RESTART);
	show("handler");
	block(SIG_BLOCK);
	show("handler, blocked");
	sys(kill(getpid(), SIGSYS));
	show("handler, pending");
	block(SIG_UNBLOCK);
	show("handler, unblocked");
	sys(raise(SIGSYS));
	show("handler, raised");
	set(handler, SA_RESETHAND);
	sys(raise(SIGSYS));
	block(SIG_BLOCK);
	show("reset by its handler");
}

static void ignore_it(void)
{
	set(SIG_IGN, 0);
	show("ignored, blocked");
	block(SIG_UNBLOCK);
	show("ignored");
	sys(raise(SIGSYS));
	show("ignored, raised");
	set(SIG_DFL, 0);
	block(SIG_BLOCK);
	show("default, blocked");
}

static void *thread(void *argument)
{
	(void)argument;
	show("thread");
	block(SIG_UNBLOCK);
	set(SIG_IGN, 0);
	show("thread, ignored");
	return NULL;
}

static void share_it(void)
{
	pthread_t other;
	pid_t pid;

	set(handler, SA_RESTART);
	check(!pthread_create(&other, NULL, thread, NULL));
	check(!pthread_join(other, NULL));
	show("after a thread");
	set(handler, SA_RESTART);
	pid = sys(fork());
	if (!pid) {
		show("child");
		set(SIG_IGN, 0);
		show("child, ignored");
		_exit(0);
	}
	check(await(pid) == 0);
	show("parent");
}

int main(int argc, char **argv)
{
	char *arguments[] = { argv[0], (char *)"again", NULL };

	if (argc > 1) {
		show("after exec, blocked and ignored");
		return success();
	}
	show("at first");
	block(SIG_BLOCK);
	show("blocked");
	block(SIG_UNBLOCK);
	handle_it();
	ignore_it();
	share_it();
	set(SIG_IGN, 0);
	sys(execv("/proc/self/exe", arguments));
	return 1;
}
