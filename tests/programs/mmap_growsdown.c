/* SPDX-License-Identifier: MIT */
/* MAP_GROWSDOWN: a stack of the program's own grows by faults. */
#include "tracee.h"

int main(void)
{
	char *room = map_private(1 << 22), *stack, *at;

	sys(munmap(room, 1 << 22));
	stack = sys(
		mmap(room + (1 << 22) - 8192, 8192, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED,
		     -1, 0));
	for (at = stack + 8000; at > stack - 200000; at -= 1000)
		*at = (char)(uintptr_t)at;
	for (at = stack + 8000; at > stack - 200000; at -= 1000)
		check(*at == (char)(uintptr_t)at);
	say("grew below %p\n", (void *)stack);
	return success();
}
