/* SPDX-License-Identifier: MIT */
/*
 * The program ends, or execs, while a thread computes.
 *
 * levels: O2
 * variants: exit return exec shared
 */
#include "strike.h"

static volatile uint64_t *counter;

static void *compute(void *argument)
{
	(void)argument;
	for (;;)
		++*counter;
}

static void child(const char *variant)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, compute, NULL));
	sleep_ms(10);
	while (*counter < 1000)
		;
	say("counted\n");
	if (!strcmp(variant, "exec"))
		sys(execl("/bin/echo", "echo", "another program", NULL));
	if (!strcmp(variant, "return"))
		exit(4);
	syscall(SYS_exit_group, 4);
}

int main(int argc, char **argv)
{
	static volatile uint64_t private;
	int status;
	pid_t pid;

	counter = is_variant("shared") ? map_shared(4096) : &private;
	for (int i = 0; i < 3; i++) {
		pid = sys(fork());
		if (pid == 0)
			child(argc > 1 ? argv[1] : "exit");
		sys(waitpid(pid, &status, 0));
		say("status %x, at %llu\n", status,
		    (unsigned long long)*counter);
	}
	return success();
}
