/* SPDX-License-Identifier: MIT */
/* Another process writes the file by write(2) while this one has it mapped. */
#include "tracee.h"

int main(void)
{
	volatile char *memory;
	pid_t child;
	int fd;

	scratch();
	fd = make_file("file", "0", 1, 0600);
	memory = sys(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	child = sys(fork());
	if (child == 0) {
		int own = sys(open("file", O_WRONLY));

		for (int i = 1; i < 10; i++) {
			char digit = '0' + i;

			sleep_ms(1);
			check(pwrite(own, &digit, 1, 0) == 1);
		}
		_exit(0);
	}
	for (char seen = '0'; seen < '9';) {
		if (*memory != seen)
			say("saw %c\n", seen = *memory);
		sched_yield();
	}
	await_exit(child, 0);
	return success();
}
