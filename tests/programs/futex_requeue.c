/* SPDX-License-Identifier: MIT */
/* FUTEX_CMP_REQUEUE moves sleepers to another word; FUTEX_WAKE_OP. */
#include <linux/futex.h>

#include "tracee.h"

static int from, to, done;

static void *thread_main(void *unused)
{
	check(futex(&from, FUTEX_WAIT, 0, NULL, NULL, 0) == 0);
	__atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
	return unused;
}

int main(void)
{
	pthread_t thread[3];
	int moved = 0;

	fails(futex(&from, FUTEX_CMP_REQUEUE, 1, (void *)1, &to, 9), EAGAIN);
	for (int i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, thread_main, NULL);
	while (moved < 3) {
		moved += sys(futex(&from, FUTEX_CMP_REQUEUE, 0, (void *)100,
				   &to, 0));
		sleep_ms(1);
	}
	check(done == 0);
	check(futex(&to, FUTEX_WAKE, 1, NULL, NULL, 0) == 1);
	check(futex(&from, FUTEX_WAKE_OP, 1, (void *)100, &to,
		    FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 0)) == 2);
	check(to == 5);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	check(done == 3);
	return success();
}
