/* SPDX-License-Identifier: MIT */
/*
 * A thread waits in a call that others make often meanwhile, by the same
 * instruction; it is stopped and goes on, and still gets what it waited for.
 */
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tracee.h"

static int ends[2];

/* xor %eax,%eax; syscall; cmp $-4095,%rax; ret: read(2) */
__asm__(".text\n"
	"plain_read: xor %eax,%eax; syscall; cmp $-4095,%rax; ret\n");
ssize_t plain_read(int fd, void *bytes, size_t length);

static void *wait_for_byte(void *argument)
{
	char byte = 0;

	check(plain_read(ends[0], &byte, 1) == 1);
	check(byte == 'x');
	return argument;
}

static void read_often(int fd)
{
	char byte;

	for (int i = 0; i < 200; i++) {
		check(plain_read(fd, &byte, 1) == 1);
		check(byte == 'f');
		check(lseek(fd, 0, SEEK_SET) == 0);
	}
}

static void child_main(int ready, int go)
{
	pthread_t waiter;
	char byte;
	int fd = make_file("file", "f", 1, 0600);

	sys(pipe(ends));
	check(!pthread_create(&waiter, NULL, wait_for_byte, NULL));
	sleep_ms(20);
	sys(lseek(fd, 0, SEEK_SET));
	read_often(fd);
	sys(write(ready, "r", 1));
	check(read(go, &byte, 1) == 1);
	read_often(fd);
	sys(write(ends[1], "x", 1));
	check(!pthread_join(waiter, NULL));
	_exit(0);
}

int main(void)
{
	int ready[2], go[2], status;
	pid_t child;
	char byte;

	scratch();
	sys(pipe(ready));
	sys(pipe(go));
	child = sys(fork());
	if (child == 0)
		child_main(ready[1], go[0]);
	check(read(ready[0], &byte, 1) == 1);
	for (int i = 0; i < 5; i++) {
		sys(kill(child, SIGSTOP));
		check(waitpid(child, &status, WUNTRACED) == child);
		check(WIFSTOPPED(status));
		sys(kill(child, SIGCONT));
	}
	sys(write(go[1], "g", 1));
	await_exit(child, 0);
	return success();
}
