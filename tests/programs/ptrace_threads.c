/* SPDX-License-Identifier: MIT */
/* A tracer of threads: each stops for itself; one of them execs. */
#include "tracer.h"

#define THREADS 3

static pthread_barrier_t barrier;

static void *thread(void *number)
{
	char *arguments[] = { "echo", "executed by a thread", NULL };

	raise(SIGUSR1);
	pthread_barrier_wait(&barrier);
	if (number)
		for (;;)
			pause();
	execv("/bin/echo", arguments);
	_exit(9);
}

static void run(void)
{
	pthread_t made;

	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (long i = 0; i < THREADS; i++)
		check(!pthread_create(&made, NULL, thread, (void *)i));
	pthread_barrier_wait(&barrier);
	for (;;)
		pause();
}

int main(void)
{
	pid_t child = traced_child(run), tid;
	int clones = 0, births = 0, signals = 0, execs = 0, ends = 0, status;
	unsigned long message;

	sys(ptrace(PTRACE_SETOPTIONS, child, 0,
		   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
			   PTRACE_O_EXITKILL));
	go_on(PTRACE_CONT, child, 0);
	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			check(status == 0);
			ends++;
			continue;
		}
		if (status == EVENT_STATUS(PTRACE_EVENT_CLONE)) {
			clones++;
		} else if (status == EVENT_STATUS(PTRACE_EVENT_EXEC)) {
			sys(ptrace(PTRACE_GETEVENTMSG, tid, 0, &message));
			check(tid == child && (pid_t)message != child);
			execs++;
		} else if (WSTOPSIG(status) == SIGSTOP) {
			births++;
		} else {
			check(WSTOPSIG(status) == SIGUSR1 && tid != child);
			signals++;
		}
		go_on(PTRACE_CONT, tid, 0);
	}
	check(errno == ECHILD);
	say("clones %d, births %d, signals %d, execs %d\n", clones, births,
	    signals, execs);
	check(ends >= 1 && ends <= THREADS + 1);
	return success();
}
