/* SPDX-License-Identifier: MIT */
/*
 * Instructions that a recorder traps (rdtsc, cpuid), and code that is executed
 * for the first time, while the signals of such traps are blocked or ignored:
 * they stay so, and keep their handlers and what was pending.
 * EXPECT-PLAIN-OUTPUT
 * EXPECT-NO-WARNING
 */
#include <cpuid.h>
#include <x86intrin.h>

#include "tracee.h"

#define KERNEL_SET 8 /* bytes */

static const int signals[] = { SIGILL, SIGTRAP, SIGSEGV };

/* As the kernel has it. */
struct action {
	unsigned long handler, flags, restorer, mask;
};

static volatile sig_atomic_t taken[NSIG], value_taken, code_taken;

static void handle(int signal, siginfo_t *info, void *context)
{
	(void)context;
	taken[signal]++;
	value_taken = info->si_value.sival_int;
	code_taken = info->si_code;
}

static struct action action_of(int signal)
{
	struct action action;

	check(syscall(SYS_rt_sigaction, signal, NULL, &action,
		      KERNEL_SET) == 0);
	return action;
}

static uint64_t blocked(void)
{
	uint64_t mask = 0;

	check(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask,
		      KERNEL_SET) == 0);
	return mask;
}

static void block(int is_blocked)
{
	sigset_t all;

	sigfillset(&all);
	check(sigprocmask(is_blocked ? SIG_BLOCK : SIG_UNBLOCK, &all,
			  NULL) == 0);
}

/* A page that nobody has executed yet. */
static void run_new_code(void)
{
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(page != MAP_FAILED);
	memcpy(page, code, sizeof(code));
	check(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
	check(((int (*)(void))page)() == 42);
	check(munmap(page, 4096) == 0);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(page != MAP_FAILED);
	memcpy(page, code, sizeof(code));
	check(((int (*)(void))page)() == 42);
	check(munmap(page, 4096) == 0);
}

static void run_traps(void)
{
	unsigned a, b, c, d, core;

	__cpuid_count(0, 0, a, b, c, d);
	check(__rdtsc() != 0);
	check(__rdtscp(&core) != 0);
	run_new_code();
	check(a | b | c | d);
}

/* Runs them, and looks whether all is as it was. */
static void look(const char *what)
{
	struct action before[3], after[3];
	uint64_t mask = blocked();

	for (int i = 0; i < 3; i++)
		before[i] = action_of(signals[i]);
	run_traps();
	check(blocked() == mask);
	for (int i = 0; i < 3; i++) {
		after[i] = action_of(signals[i]);
		check(!memcmp(&before[i], &after[i], sizeof(before[i])));
	}
	say("%s: as before\n", what);
}

static void ignore(int is_ignored)
{
	for (int i = 0; i < 3; i++)
		check(signal(signals[i], is_ignored ? SIG_IGN : SIG_DFL) !=
		      SIG_ERR);
}

static void take(int flags)
{
	struct sigaction action = { .sa_sigaction = handle };

	action.sa_flags = SA_SIGINFO | flags;
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGUSR1);
	for (int i = 0; i < 3; i++)
		check(sigaction(signals[i], &action, NULL) == 0);
}

static void *in_thread(void *argument)
{
	block(1);
	look(argument);
	return NULL;
}

static void with_threads(const char *what)
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, in_thread, (void *)what) == 0);
	check(pthread_join(thread, NULL) == 0);
}

static int in_child(void *argument)
{
	look(argument);
	ignore(1);
	look(argument);
	return 0;
}

/* It shares the memory, and has its own actions. */
static void with_vfork(const char *what)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct action before = action_of(SIGSEGV), after;
	pid_t child;
	int status;

	child = clone(in_child, stack + sizeof(stack),
		      CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)what);
	check(child > 0 && waitpid(child, &status, 0) == child && !status);
	after = action_of(SIGSEGV);
	check(!memcmp(&before, &after, sizeof(before)));
}

/* One that is pending already is what the kernel tells of. */
static void with_pending(void)
{
	siginfo_t info = { 0 };

	block(1);
	for (int i = 0; i < 3; i++) {
		info.si_signo = signals[i];
		info.si_code = SI_QUEUE;
		info.si_pid = getpid();
		info.si_value.sival_int = 100 + i;
		check(syscall(SYS_rt_tgsigqueueinfo, getpid(),
			      syscall(SYS_gettid), signals[i], &info) == 0);
	}
	look("some pending");
	for (int i = 0; i < 3; i++) {
		sigset_t one;

		check(!taken[signals[i]]);
		sigemptyset(&one);
		sigaddset(&one, signals[i]);
		check(sigprocmask(SIG_UNBLOCK, &one, NULL) == 0);
		check(taken[signals[i]] == 1);
		check(value_taken == 100 + i && code_taken == SI_QUEUE);
	}
}

/* In the middle of computing it is stepped, which is a trap, too. */
static volatile sig_atomic_t alarms;

static void count_alarm(int signal)
{
	(void)signal;
	alarms++;
}

static void compute(const char *what)
{
	struct itimerval often = { { 0, 3000 }, { 0, 3000 } }, never = { 0 };
	struct action before = action_of(SIGTRAP), after;
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	alarms = 0;
	check(signal(SIGALRM, count_alarm) != SIG_ERR);
	check(sigprocmask(SIG_UNBLOCK, &alarm, NULL) == 0);
	check(setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (volatile unsigned i = 0; alarms < 4; i++)
		;
	check(setitimer(ITIMER_REAL, &never, NULL) == 0);
	after = action_of(SIGTRAP);
	check(!memcmp(&before, &after, sizeof(before)));
	check(blocked() >> (SIGTRAP - 1) & 1);
	say("%s: as before\n", what);
}

/* An exec leaves both as they are, for the dynamic linker to find them so. */
static void after_exec(void)
{
	for (int i = 0; i < 3; i++) {
		check(action_of(signals[i]).handler == (unsigned long)SIG_IGN);
		check(blocked() >> (signals[i] - 1) & 1);
	}
	look("after exec");
	exit(success());
}

int main(int argc, char **argv)
{
	char *arguments[] = { argv[0], (char *)"again", NULL };

	if (argc > 1)
		after_exec();
	look("nothing blocked");
	take(0);
	block(1);
	look("blocked");
	with_threads("blocked in a thread");
	with_vfork("blocked in a child");
	compute("blocked while computing");
	with_pending();
	block(0);
	look("handled");
	take(SA_RESETHAND);
	for (int i = 0; i < 3; i++)
		check(raise(signals[i]) == 0);
	block(1);
	look("reset");
	ignore(1);
	look("ignored and blocked");
	compute("ignored while computing");
	with_threads("ignored in a thread");
	block(0);
	look("ignored");
	block(1);
	execv("/proc/self/exe", arguments);
	return 1;
}
