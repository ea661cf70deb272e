/* SPDX-License-Identifier: MIT */
/* SA_RESTART and waitpid, futex wait (sem_wait) and flock. */
#include <semaphore.h>
#include <sys/file.h>

#include "tracee.h"

static volatile sig_atomic_t count;
static sem_t *semaphore;
static int ready[2];

static void handler(int number)
{
	(void)number;
	count++;
}

static pid_t child_with(int fd)
{
	pid_t child = sys(fork());

	if (child)
		return child;
	if (fd >= 0)
		sys(flock(fd, LOCK_EX));
	put(ready[1], "r", 1);
	sleep_ms(10);
	sys(kill(getppid(), SIGUSR1));
	sleep_ms(10);
	sem_post(semaphore);
	_exit(12);
}

int main(void)
{
	pid_t child;
	char bytes[3];
	int fd, fd2;

	scratch();
	sys(pipe(ready));
	semaphore = map_shared(4096);
	sem_init(semaphore, 1, 0);
	handle_flags(SIGUSR1, handler, SA_RESTART);
	child = child_with(-1);
	await_exit(child, 12);
	check(count == 1);
	sys(sem_wait(semaphore));
	child = child_with(-1);
	sys(sem_wait(semaphore));
	check(count == 2);
	await_exit(child, 12);
	fd = make_file("lock", "", 0, 0600);
	fd2 = sys(open("lock", O_RDWR));
	child = child_with(fd2);
	close(fd2);
	for (int i = 0; i < 3; i++)
		check(read(ready[0], bytes, 1) == 1);
	sys(flock(fd, LOCK_EX));
	await_exit(child, 12);
	check(count == 3);
	return success();
}
