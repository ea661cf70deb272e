/* SPDX-License-Identifier: MIT */
/* futex_waitv waits for several words and says which was woken. */
#include <linux/futex.h>

#include "tracee.h"

static unsigned word[3];

static void *thread_main(void *unused)
{
	while (futex(&word[1], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 0)
		sleep_ms(1);
	return unused;
}

int main(void)
{
	struct futex_waitv waiters[3] = { 0 };
	pthread_t thread;
	long which;

	for (int i = 0; i < 3; i++) {
		waiters[i].uaddr = (uintptr_t)&word[i];
		waiters[i].flags = FUTEX_32 | FUTEX_PRIVATE_FLAG;
	}
	pthread_create(&thread, NULL, thread_main, NULL);
	which = syscall(449 /* futex_waitv */, waiters, 3, 0, NULL, 0);
	if (which < 0 && errno == ENOSYS)
		skip("no futex_waitv");
	check(which == 1);
	pthread_join(thread, NULL);
	return success();
}
