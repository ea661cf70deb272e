/* SPDX-License-Identifier: MIT */
/* The agent: memory of the program's, which may not be there. */
#include "src/agent_inside.h"

#include <linux/errno.h>

#define FAULTS (1u << (7 - 1) | 1u << (11 - 1)) /* SIGBUS, SIGSEGV */

uint64_t agent_copy_string(char *to, const char *from, uint64_t limit)
{
	const uint64_t ones = 0x0101010101010101, tops = ones << 7;
	uint64_t length = 0, word;

	while (length + 8 <= limit) {
		if (!((uintptr_t)(from + length) & 7)) {
			word = *(const uint64_t *)(from + length);
			__builtin_memcpy(to + length, &word, sizeof(word));
			if (!((word - ones) & ~word & tops)) {
				length += 8;
				continue;
			}
		}
		to[length] = from[length];
		if (!from[length++])
			return length;
	}
	while (length < limit) {
		to[length] = from[length];
		if (!from[length++])
			return length;
	}
	return limit + 1;
}

void agent_mask_changed(void)
{
	uint64_t mask = 0;

	agent_syscall(__NR_rt_sigprocmask, 0, 0, (uint64_t)&mask, sizeof(mask),
		      0, 0);
	shared->blocked = mask;
}

/*
 * A fault changes nothing that the program sees, unless it has blocked or
 * ignores the signal: the kernel forces that on it then.
 */
int agent_are_faults_seen(void)
{
	return shared->blocked & FAULTS || own->are_faults_ignored ||
	       shared->are_actions_apart;
}

/* rt_sigprocmask(2) reads a set before it looks at how to use it. */
static int can_kernel_read(uint64_t address, uint64_t length)
{
	uint64_t at = address & ~7ull;

	if (address + length < address)
		return 0;
	for (; at < address + length; at = (at & ~(PAGE - 1ull)) + PAGE)
		if (agent_syscall(__NR_rt_sigprocmask, (uint64_t)-1, at, 0, 8,
				  0, 0) == -EFAULT)
			return 0;
	return 1;
}

int agent_may_read(uint64_t address, uint64_t length)
{
	return !agent_are_faults_seen() || can_kernel_read(address, length);
}
