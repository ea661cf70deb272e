/* SPDX-License-Identifier: MIT */
/*
 * A just-in-time compiler with two views of one memfd, one to write and one to
 * run: code that is rewritten a thousand times, by two threads, and by a child
 * that has the file, too.
 */
#include "tracee.h"

static unsigned char *writable;
static int (*runnable)(void);
static int turn;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* mov $value,%eax; ret */
static void emit(size_t at, int value)
{
	writable[at] = 0xb8;
	memcpy(writable + at + 1, &value, 4);
	writable[at + 5] = 0xc3;
}

static int run(size_t at)
{
	return ((int (*)(void))((char *)runnable + at))();
}

static void *thread_main(void *number)
{
	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&mutex);
		emit(64, ++turn);
		check(run(64) == turn);
		pthread_mutex_unlock(&mutex);
	}
	return number;
}

int main(void)
{
	int fd = memfd_executable("jit", MFD_CLOEXEC);
	pthread_t thread[2];
	pid_t child;

	sys(ftruncate(fd, 65536));
	writable = sys(mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    0));
	runnable = sys(mmap(NULL, 65536, PROT_READ | PROT_EXEC, MAP_SHARED, fd,
			    0));
	for (int i = 0; i < 1000; i++) {
		emit(0, i);
		check(run(0) == i);
	}
	for (int i = 0; i < 2; i++)
		check(!pthread_create(&thread[i], NULL, thread_main, NULL));
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	check(turn == 1000);
	child = sys(fork());
	if (child == 0) {
		emit(128, 4242);
		_exit(run(64) == 1000 ? 3 : 4);
	}
	await_exit(child, 3);
	check(run(128) == 4242);
	check(pwrite(fd, "\xb8\x07\0\0\0\xc3", 6, 32768) == 6);
	check(run(32768) == 7);
	return success();
}
