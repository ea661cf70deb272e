/* SPDX-License-Identifier: MIT */
/*
 * A thread sleeps while signals come that are ignored: what is left of the
 * sleep is nobody's to see, neither other threads' nor a child's.
 */
#include "tracee.h"

static struct timespec rest = { 12345, 678 };
static pid_t sleeper;
static int is_over;

static void *sleep_long(UNUSED void *unused)
{
	struct timespec second = { 1, 0 };

	__atomic_store_n(&sleeper, (pid_t)syscall(SYS_gettid),
			 __ATOMIC_RELEASE);
	check(!nanosleep(&second, &rest));
	__atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
	return NULL;
}

static int is_untouched(void)
{
	return rest.tv_sec == 12345 && rest.tv_nsec == 678;
}

int main(void)
{
	struct timespec moment = { 0, 5000000 };
	pthread_t thread;
	int status;

	check(!pthread_create(&thread, NULL, sleep_long, NULL));
	while (!__atomic_load_n(&sleeper, __ATOMIC_ACQUIRE))
		nanosleep(&moment, NULL);
	while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE)) {
		pid_t child = sys(fork());

		if (!child)
			_exit(!is_untouched());
		check(waitpid(child, &status, 0) == child && !status);
		syscall(SYS_tgkill, getpid(), sleeper, SIGURG);
		nanosleep(&moment, NULL);
		check(is_untouched());
	}
	check(!pthread_join(thread, NULL));
	puts("EXIT-SUCCESS");
	return 0;
}
