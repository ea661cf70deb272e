/* SPDX-License-Identifier: MIT */
/*
 * PR_SET_PDEATHSIG: the end of the parent, that is of the thread that made
 * the child, is a signal; killed or not; an exec keeps it, a fork doesn't.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include "tracee.h"

static int report[2];

static int death_signal(void)
{
	int number = -1;

	sys(prctl(PR_GET_PDEATHSIG, &number));
	return number;
}

static void put_word(char word)
{
	check(write(report[1], &word, 1) == 1);
}

static char get_word(void)
{
	char word = 0;

	check(read(report[0], &word, 1) == 1);
	return word;
}

static void handler(int number, siginfo_t *info, void *context)
{
	(void)context;
	put_word(info->si_code == SI_USER && info->si_pid == 0 ?
		 (char)('A' + number) : '?');
	_exit(0);
}

/* The child of the one that ends. */
static void grandchild(int number, int execs, const char *self)
{
	char text[16];

	handle_info(number, handler, 0);
	sys(prctl(PR_SET_PDEATHSIG, number));
	if (execs) {
		snprintf(text, sizeof(text), "%d", report[1]);
		execl("/proc/self/exe", self, text, NULL);
		_exit(1);
	}
	put_word('r'); /* ready */
	for (;;)
		pause();
}

static void *end_thread(void *argument)
{
	pid_t *child = argument;

	*child = sys(fork());
	if (*child == 0)
		grandchild(SIGUSR2, 0, NULL);
	check(get_word() == 'r');
	return NULL;
}

static void by_thread(void)
{
	pthread_t thread;
	pid_t child;

	check(!pthread_create(&thread, NULL, end_thread, &child));
	check(!pthread_join(thread, NULL));
	say("the thread's end: %c\n", get_word() - 'A' == SIGUSR2 ? 'y' : 'n');
	await_exit(child, 0);
}

static void by_process(const char *name, int kills, int execs,
		       const char *self)
{
	pid_t parent = sys(fork());

	if (parent == 0) {
		if (sys(fork()) == 0)
			grandchild(SIGUSR1, execs, self);
		for (;;)
			pause();
	}
	check(get_word() == 'r');
	sys(kill(parent, kills ? SIGKILL : SIGTERM));
	await_signal(parent, kills ? SIGKILL : SIGTERM);
	say("%s: %c\n", name,
	    get_word() == (execs ? 'e' : 'A' + SIGUSR1) ? 'y' : 'n');
}

static void wait_for_signal(int fd)
{
	sigset_t set;
	int number;

	report[1] = fd;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sys(sigprocmask(SIG_BLOCK, &set, NULL));
	put_word(death_signal() == SIGUSR1 ? 'r' : 'n');
	check(!sigwait(&set, &number));
	put_word('e');
}

int main(int argc, char **argv)
{
	pid_t pid;

	if (argc > 1) {
		wait_for_signal(atoi(argv[1]));
		return 0;
	}
	sys(pipe(report));
	fails(prctl(PR_SET_PDEATHSIG, 100), EINVAL);
	sys(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	check(death_signal() == SIGUSR1);
	pid = sys(fork());
	if (pid == 0)
		_exit(death_signal());
	await_exit(pid, 0); /* not inherited */
	sys(prctl(PR_SET_PDEATHSIG, 0));
	by_process("killed", 1, 0, NULL);
	by_process("terminated", 0, 0, NULL);
	by_process("after exec", 1, 1, argv[0]);
	by_thread();
	return success();
}
