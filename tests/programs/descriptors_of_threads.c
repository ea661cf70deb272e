/* SPDX-License-Identifier: MIT */
/*
 * One number is a pipe for one thread and a file for another, which has
 * descriptors of its own (unshare(2)): reads of the pipe wait, and what the
 * other does meanwhile is done.  A process with descriptors in common but not
 * memory makes a file of what was a pipe.
 */
#include "tracee.h"

#define SHARED_FD 40
#define ROUNDS 20

static int fds[2], go[2];

static void read_file(void)
{
	char byte;

	for (int i = 0; i < ROUNDS; i++) {
		sys(lseek(SHARED_FD, 0, SEEK_SET));
		check(sys(read(SHARED_FD, &byte, 1)) == 1 && byte == 'f');
	}
}

static void *other_descriptors(void *unused)
{
	char byte;

	(void)unused;
	sys(unshare(CLONE_FILES));
	check(sys(read(go[0], &byte, 1)) == 1);
	close(SHARED_FD);
	sys(dup2(make_file("file", "f", 1, 0600), SHARED_FD));
	read_file();
	/* Now the main thread reads, and waits. */
	for (int i = 0; i < ROUNDS; i++) {
		read_file();
		check(sys(write(fds[1], "p", 1)) == 1);
	}
	return NULL;
}

static void read_pipe(void)
{
	char byte;

	check(sys(read(SHARED_FD, &byte, 1)) == 1 && byte == 'p');
}

static int replace(void *unused)
{
	(void)unused;
	sys(dup2(open("file", O_RDWR), SHARED_FD));
	return 0;
}

static void *wait_for_child(void *unused)
{
	static char stack[65536];

	(void)unused;
	await_exit(sys(clone(replace, stack + sizeof(stack),
			     CLONE_FILES | SIGCHLD, NULL)), 0);
	return NULL;
}

int main(void)
{
	pthread_t thread;

	scratch();
	sys(pipe(fds));
	sys(pipe(go));
	sys(dup2(fds[0], SHARED_FD));
	check(!pthread_create(&thread, NULL, other_descriptors, NULL));
	for (int i = 0; i < ROUNDS; i++) {
		check(sys(write(fds[1], "p", 1)) == 1);
		read_pipe();
	}
	check(sys(write(go[1], "g", 1)) == 1);
	for (int i = 0; i < ROUNDS; i++)
		read_pipe();
	check(!pthread_join(thread, NULL));
	check(!pthread_create(&thread, NULL, wait_for_child, NULL));
	check(!pthread_join(thread, NULL));
	read_file();
	return success();
}
