/* SPDX-License-Identifier: MIT */
/* Forks and executes a program, again and again: fork_exec COUNT PROGRAM. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int status;

	if (argc != 3)
		return 2;
	for (long i = atol(argv[1]); i > 0; i--) {
		pid_t child = fork();

		if (child < 0) {
			perror("fork");
			return 1;
		}
		if (child == 0) {
			execl(argv[2], argv[2], (char *)NULL);
			_exit(127);
		}
		if (waitpid(child, &status, 0) != child || status)
			return 1;
	}
	return 0;
}
