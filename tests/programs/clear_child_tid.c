/* SPDX-License-Identifier: MIT */
/* set_tid_address: the word is cleared and its waiter woken at exit. */
#include "tracee.h"

int main(void)
{
	int *word = map_shared(4096);
	pid_t child;

	*word = 1;
	child = sys(fork());
	if (child == 0) {
		check(syscall(SYS_set_tid_address, word) == getpid());
		sleep_ms(5);
		/* Cleared only while the memory has another user. */
		_exit(0);
	}
	await_exit(child, 0);
	say("word of %d is %d\n", child, *word);
	return success();
}
