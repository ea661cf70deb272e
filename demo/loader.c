/* SPDX-License-Identifier: MIT */
/*
 * A program that exists only in memory: copies a file into a memfd and
 * executes the memfd, as packers, container runtimes and some malware do.
 *
 *	loader PROGRAM [ARG...]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern char **environ;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	static char block[65536];
	int from, memfd;
	ssize_t got;

	if (argc < 2) {
		fputs("usage: loader PROGRAM [ARG...]\n", stderr);
		return 2;
	}
	from = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (from < 0)
		die(argv[1]);
	memfd = memfd_create("payload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memfd < 0)
		die("memfd_create");
	while ((got = read(from, block, sizeof(block))) > 0) {
		if (write(memfd, block, (size_t)got) != got)
			die("write");
	}
	if (got < 0)
		die(argv[1]);
	fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
	printf("loader: process %d, the program is memfd %d\n", (int)getpid(),
	       memfd);
	fflush(stdout);
	fexecve(memfd, argv + 1, environ);
	die("fexecve");
}
