/* SPDX-License-Identifier: MIT */
/* The heap by brk: grows, keeps its content, shrinks, reads zero again. */
#include "tracee.h"

int main(void)
{
	char *start = (char *)syscall(SYS_brk, 0);
	char *end = start + 100000;

	check((char *)syscall(SYS_brk, end) == end);
	memset(start, 'b', 100000);
	check((char *)syscall(SYS_brk, start + 5000) == start + 5000);
	check(start[4999] == 'b');
	check((char *)syscall(SYS_brk, end) == end);
	check(start[4999] == 'b' && start[9000] == 0 && start[99999] == 0);
	check((char *)syscall(SYS_brk, 4096) == end);
	say("heap from %p\n", (void *)start);
	syscall(SYS_brk, start);
	return success();
}
