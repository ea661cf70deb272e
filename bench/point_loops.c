/* SPDX-License-Identifier: MIT */
/*
 * Loops for bench/point: each runs until a timer's signal ends it, and prints
 * how many passes it made.  `breakpoint` measures a hardware breakpoint in a
 * child of its own instead.
 *
 *	point_loops LOOP MILLISECONDS
 */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HITS 20000

static volatile int is_over;
static volatile uint64_t counter;

static void end(int signal)
{
	(void)signal;
	is_over = 1;
}

/* inc, cmp, je: what is left of a pass is its register. */
static uint64_t count_in_register(void)
{
	uint64_t passes = 0;

	__asm__ volatile("1: inc %0\n"
			 "cmpl $0, %1\n"
			 "je 1b\n"
			 : "+r"(passes)
			 : "m"(is_over)
			 : "cc");
	return passes;
}

static uint64_t count_in_memory(void)
{
	while (!is_over)
		counter++;
	return counter;
}

static uint64_t compute(void)
{
	uint64_t value = 1, passes = 0;

	while (!is_over)
		value = value * 6364136223846793005 + ++passes;
	counter = value;
	return passes;
}

/* The passes of the inner loop go through the same states again and again. */
static uint64_t repeat(void)
{
	uint64_t passes = 0;

	for (; !is_over; counter++)
		for (uint64_t i = 0; i < 100; i++, passes++)
			__asm__ volatile("" : "+r"(i));
	return passes;
}

static void spin_for_parent(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	__asm__ volatile(".globl break_here\n"
			 "break_here: jmp break_here");
	__builtin_unreachable();
}

/* Nanoseconds that a stop at each pass costs. */
static double measure_breakpoint(void)
{
	extern char break_here[];
	struct timespec start, now;
	pid_t child = fork();
	int status;

	if (child == 0)
		spin_for_parent();
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 0;
	ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[0]),
	       break_here);
	ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[7]), 1);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < HITS; i++) {
		ptrace(PTRACE_CONT, child, NULL, NULL);
		if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
			return 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return ((double)(now.tv_sec - start.tv_sec) * 1e9 +
		(double)(now.tv_nsec - start.tv_nsec)) /
	       HITS;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		uint64_t (*run)(void);
	} loops[] = {
		{ "register", count_in_register },
		{ "memory", count_in_memory },
		{ "compute", compute },
		{ "repeat", repeat },
	};
	long ms = argc == 3 ? atol(argv[2]) : 0;
	struct itimerval once = { { 0, 0 }, { ms / 1000, ms % 1000 * 1000 } };

	if (argc == 2 && !strcmp(argv[1], "breakpoint")) {
		printf("%.0f\n", measure_breakpoint());
		return 0;
	}
	for (size_t i = 0; i < sizeof(loops) / sizeof(*loops) && ms; i++) {
		if (strcmp(argv[1], loops[i].name))
			continue;
		signal(SIGALRM, end);
		setitimer(ITIMER_REAL, &once, NULL);
		printf("%llu\n", (unsigned long long)loops[i].run());
		return 0;
	}
	fprintf(stderr, "point_loops: what?\n");
	return 2;
}
