/* SPDX-License-Identifier: MIT */
/* The main thread leaves by pthread_exit; another one ends the program. */
#include "tracee.h"

static void *thread_main(void *unused)
{
	(void)unused;
	await_state(getpid(), "Z");
	say("main is gone, thread %d of %d goes on\n", my_tid(), getpid());
	exit(success());
}

int main(void)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, thread_main, NULL));
	pthread_exit(NULL);
}
