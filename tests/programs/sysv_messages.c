/* SPDX-License-Identifier: MIT */
/* System V message queues: types, a blocking receiver, msgctl. */
#include <sys/msg.h>

#include "tracee.h"

struct message {
	long type;
	char text[32];
};

int main(void)
{
	struct message message = { 3, "three" };
	struct msqid_ds state;
	int queue = msgget(IPC_PRIVATE, 0600);
	pid_t child;

	if (queue < 0)
		skip("no System V queues: errno %d", errno);
	sys(msgsnd(queue, &message, 6, 0));
	fails(msgrcv(queue, &message, 32, 9, IPC_NOWAIT), ENOMSG);
	fails(msgrcv(queue, &message, 2, 3, 0), E2BIG);
	check(msgrcv(queue, &message, 32, 0, 0) == 6 && message.type == 3);
	child = sys(fork());
	if (child == 0) {
		sleep_ms(5);
		message.type = 7;
		sys(msgsnd(queue, &message, 32, 0));
		_exit(0);
	}
	check(msgrcv(queue, &message, 32, 7, 0) == 32);
	sys(msgctl(queue, IPC_STAT, &state));
	check(state.msg_lspid == child && state.msg_qnum == 0);
	say("queue %d, sender %d\n", queue, state.msg_lspid);
	sys(msgctl(queue, IPC_RMID, NULL));
	await_exit(child, 0);
	return success();
}
