/* SPDX-License-Identifier: MIT */
/* posix_spawn with file actions, a signal mask and defaults. */
#include <spawn.h>

#include "tracee.h"

static int child_main(void)
{
	char text[16] = "";
	sigset_t blocked;

	check(read(0, text, sizeof(text) - 1) == 5);
	check(!strcmp(text, "words"));
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	check(sigismember(&blocked, SIGUSR1));
	check(fcntl(9, F_GETFD) >= 0);
	say("spawned %d\n", getpid());
	return 21;
}

int main(int argc, char **argv)
{
	char *args[] = { argv[0], "child", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t set;
	pid_t child;
	int in[2];

	if (argc > 1)
		return child_main();
	sys(pipe(in));
	put(in[1], "words", 5);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_addclose(&actions, in[1]);
	posix_spawn_file_actions_addopen(&actions, 9, "/dev/null", O_RDONLY, 0);
	posix_spawnattr_init(&attributes);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	posix_spawnattr_setsigmask(&attributes, &set);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	check(!posix_spawn(&child, "/proc/self/exe", &actions, &attributes,
			   args, environ));
	await_exit(child, 21);
	check(posix_spawn(&child, "/proc/self/nowhere", NULL, NULL, args, environ) ==
	      ENOENT);
	return success();
}
