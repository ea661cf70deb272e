/* SPDX-License-Identifier: MIT */
/* What a debugger asks a server for besides memory: libraries, threads' own
 * variables, files, what is known of signals. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A script for gdb, which must not come to run. */
__asm__(".pushsection \".debug_gdb_scripts\", \"MS\", @progbits, 1\n"
	".byte 4\n.ascii \"gdb.inlined-script\\n\"\n"
	".ascii \"gdb.set_convenience_variable('obeyed', 1)\\n\"\n"
	".byte 0\n.popsection\n");

__thread long mine = 11;
static __thread char letters[64] __attribute__((aligned(64))) = "abc";
static int (*bump)(int);
double numbers[4] = { 0.5, 1.5, 2.5, 3.5 };
char needle[] = "find this needle";
char *hay;
volatile int caught;

static void on_usr(int number, siginfo_t *info, void *context)
{
	caught = info->si_value.sival_int; /* MARK on usr */
	(void)number;
	(void)context;
}

static void look(long me, int bumped)
{
	printf("%ld %d\n", me, bumped); /* MARK look */
}

static void *work(void *argument)
{
	long me = (long)argument;

	mine += me;
	letters[0] = (char)('0' + me);
	look(me, bump((int)me));
	return argument;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_usr,
				    .sa_flags = SA_SIGINFO };
	void *library = dlopen(argv[1], RTLD_NOW); /* MARK open */
	union sigval value = { .sival_int = 321 };
	pthread_t thread;

	bump = (int (*)(int))dlsym(library, "bump");
	hay = malloc(100000); /* MARK opened */
	memset(hay, '.', 100000);
	memcpy(hay + 77777, needle, sizeof(needle));
	for (long i = 1; i < 3; i++) {
		pthread_create(&thread, NULL, work, (void *)i);
		pthread_join(thread, NULL);
	}
	look(0, bump(argc)); /* MARK last look */
	sigaction(SIGUSR1, &action, NULL);
	getppid(); /* MARK getppid */
	sigqueue(getpid(), SIGUSR1, value); /* MARK queue */
	close(99); /* MARK close */
	free(hay); /* MARK end */
	return caught != 321;
}
