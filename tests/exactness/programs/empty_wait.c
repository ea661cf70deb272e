/* SPDX-License-Identifier: MIT */
/*
 * The program waits for its signal in an empty loop.
 *
 * levels: O0 O2
 * variants: bare pause thread
 */
#include "strike.h"

static volatile int is_there;

static void arrive(int signal)
{
	(void)signal;
	is_there = 1;
}

static void *send(void *main_thread)
{
	check(!pthread_kill(*(pthread_t *)main_thread, SIGALRM));
	return NULL;
}

int main(int argc, char **argv)
{
	struct itimerval once = { { 0, 0 }, { 0, 2000 } };
	pthread_t self = pthread_self(), thread;

	handle_flags(SIGALRM, arrive, SA_RESTART);
	for (int i = 0; i < 5; i++) {
		is_there = 0;
		if (is_variant("thread"))
			check(!pthread_create(&thread, NULL, send, &self));
		else
			sys(setitimer(ITIMER_REAL, &once, NULL));
		if (is_variant("pause"))
			while (!is_there)
				__builtin_ia32_pause();
		else
			while (!is_there)
				;
		if (is_variant("thread"))
			check(!pthread_join(thread, NULL));
		say("signal %d\n", i);
	}
	return success();
}
