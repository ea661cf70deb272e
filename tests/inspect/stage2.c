/* SPDX-License-Identifier: MIT */
/*
 * In a memfd, with debug information: calls through inlined functions, a signal
 * handler, the vDSO, and a cleanup that runs while the stack is unwound.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static volatile int sink;

/* Stage 1 writes it in pieces of a page. */
__attribute__((used)) static const char padding[20000] = "padding";

__attribute__((noinline)) static void say(const char *line)
{
	write(STDOUT_FILENO, line, 8);
	sink++;
}

static inline __attribute__((always_inline)) void say_twice(const char *line)
{
	say(line);
	sink++;
}

static inline __attribute__((always_inline)) void say_more(const char *line)
{
	say_twice(line);
	sink++;
}

__attribute__((noinline)) static void through_inlined(void)
{
	say_more("inlined\n");
	sink++;
}

static void handle(int signal)
{
	(void)signal;
	say("handler\n");
}

__attribute__((noinline)) static void raise_signal(void)
{
	struct sigaction action = { .sa_handler = handle };

	action.sa_flags = SA_RESETHAND;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	sink++;
}

__attribute__((noinline)) static void read_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sink++;
}

static void clean_up(int *count)
{
	sink += *count;
	say("cleanup\n");
}

__attribute__((noinline)) static void leave_thread(void)
{
	__attribute__((cleanup(clean_up))) int count = 1;

	sink += count;
	pthread_exit(NULL);
}

static void *run_thread(void *unused)
{
	(void)unused;
	leave_thread();
	return NULL;
}

int main(void)
{
	pthread_t thread;

	through_inlined();
	raise_signal();
	read_clock();
	if (pthread_create(&thread, NULL, run_thread, NULL))
		return 1;
	pthread_join(thread, NULL);
	return 0;
}
