/* SPDX-License-Identifier: MIT */
/* POSIX message queues: priorities, a blocking receiver, notification. */
#include <mqueue.h>

#include "tracee.h"

int main(void)
{
	struct mq_attr attributes = { .mq_maxmsg = 4, .mq_msgsize = 64 };
	struct timespec past = { 0, 0 };
	unsigned priority;
	char name[32], text[64];
	pid_t child;
	mqd_t queue;

	snprintf(name, sizeof(name), "/reel-%d", getpid());
	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
	if (queue == (mqd_t)-1)
		skip("no message queues: errno %d", errno);
	sys(mq_unlink(name));
	sys(mq_send(queue, "low", 3, 1));
	sys(mq_send(queue, "high", 4, 9));
	sys(mq_getattr(queue, &attributes));
	check(attributes.mq_curmsgs == 2);
	check(mq_receive(queue, text, 64, &priority) == 4 && priority == 9);
	check(mq_receive(queue, text, 64, &priority) == 3 && priority == 1);
	fails(mq_timedreceive(queue, text, 64, NULL, &past), ETIMEDOUT);
	fails(mq_receive(queue, text, 10, NULL), EMSGSIZE);
	child = sys(fork());
	if (child == 0) {
		sleep_ms(5);
		sys(mq_send(queue, "late", 4, 3));
		_exit(0);
	}
	check(mq_receive(queue, text, 64, NULL) == 4);
	await_exit(child, 0);
	return success();
}
