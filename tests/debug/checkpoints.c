/* SPDX-License-Identifier: MIT */
/* What a checkpoint has to keep: threads, processes, memory that they share. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 6
#define PAGE 4096

volatile int *nameless, *named;
volatile int own, by_thread;
volatile double floating = 1;
static int memfd;

static void change(int round)
{
	own = round; /* MARK change */
	nameless[0] += round;
	named[0] = nameless[0] * 2;
	floating *= 1.5;
}

/* Each round it becomes longer, and at the end short again. */
static void resize(int round)
{
	char byte = (char)('a' + round);

	ftruncate(memfd, round < ROUNDS - 1 ? (round + 2) * PAGE : PAGE);
	pwrite(memfd, &byte, 1, 100);
}

static void *work(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		by_thread++;
		nameless[1] += by_thread;
		usleep(100);
	}
	return argument;
}

static void child(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		nameless[2]++;
		own = 100 + i; /* MARK child */
		usleep(100);
	}
	_exit(own - 100);
}

int main(void)
{
	pthread_t thread;
	int status;
	pid_t pid;

	nameless = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memfd = memfd_create("named", 0);
	ftruncate(memfd, PAGE);
	named = mmap(NULL, PAGE * ROUNDS, PROT_READ | PROT_WRITE, MAP_SHARED,
		     memfd, 0);
	pid = fork(); /* MARK fork */
	if (!pid)
		child();
	pthread_create(&thread, NULL, work, NULL);
	for (int round = 0; round < ROUNDS; round++) {
		change(round);
		resize(round);
		usleep(100);
	}
	pthread_join(thread, NULL);
	waitpid(pid, &status, 0);
	own += WEXITSTATUS(status);
	return own; /* MARK end */
}
