/* SPDX-License-Identifier: MIT */
/* System V semaphores: semop sleeps, semtimedop runs out, SEM_UNDO. */
#include <sys/sem.h>

#include "tracee.h"

int main(void)
{
	struct sembuf down = { 0, -1, SEM_UNDO }, up = { 0, 1, 0 };
	struct timespec wait = { 0, 5000000 };
	unsigned short values[2] = { 9, 9 };
	int set = semget(IPC_PRIVATE, 2, 0600);
	struct semid_ds state;
	pid_t child;

	if (set < 0)
		skip("no System V semaphores: errno %d", errno);
	fails(semtimedop(set, &down, 1, &wait), EAGAIN);
	child = sys(fork());
	if (child == 0) {
		sys(semop(set, &down, 1));
		_exit(0);
	}
	sleep_ms(5);
	sys(semop(set, &up, 1));
	await_exit(child, 0);
	sys(semctl(set, 0, GETALL, values));
	check(values[0] == 1 && values[1] == 0);
	check(semctl(set, 0, GETPID) == child || semctl(set, 0, GETPID) > 0);
	values[1] = 5;
	sys(semctl(set, 0, SETALL, values));
	check(semctl(set, 1, GETVAL) == 5);
	sys(semctl(set, 0, IPC_STAT, &state));
	check(state.sem_nsems == 2);
	sys(semctl(set, 0, IPC_RMID));
	return success();
}
