/* SPDX-License-Identifier: MIT */
/* System V shared memory: two processes, two addresses, SHM_RDONLY. */
#include <sys/shm.h>

#include "tracee.h"

int main(void)
{
	int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
	struct shmid_ds state;
	char *one, *two;
	pid_t child;

	if (id < 0)
		skip("no System V shared memory: errno %d", errno);
	one = sys(shmat(id, NULL, 0));
	two = sys(shmat(id, NULL, SHM_RDONLY));
	strcpy(one, "written");
	check(one != two && !strcmp(two, "written"));
	child = sys(fork());
	if (child == 0) {
		strcpy(one + 5000, "by the child");
		_exit(0);
	}
	await_exit(child, 0);
	check(!strcmp(two + 5000, "by the child"));
	sys(shmctl(id, IPC_STAT, &state));
	check(state.shm_segsz == 10000 && state.shm_nattch == 2);
	say("attached at %p and %p\n", (void *)one, (void *)two);
	sys(shmdt(one));
	sys(shmctl(id, IPC_RMID, NULL));
	check(!strcmp(two, "written"));
	return success();
}
