/* SPDX-License-Identifier: MIT */
/*
 * Processes count in a shared mapping of $MEGABYTES, and nowhere else: no
 * register tells their passes apart.
 *
 * levels: O2
 * variants: signals turns
 */
#include "strike.h"

#define CHILDREN 3
#define PASSES 6000000

static volatile uint64_t *words;

static void count_until_struck(void)
{
	while (!strikes_over)
		__asm__ volatile("lock incq %0" : "+m"(words[0]) : : "cc");
}

/* What one adds depends on what the others did. */
static void take_turns(uint64_t me)
{
	for (int i = 0; i < PASSES; i++)
		__asm__ volatile("lock addq %1, %0\n\t"
				 "lock xorq %1, 64(%2)\n\t"
				 "lock btcq $3, %0"
				 : "+m"(words[8])
				 : "r"(me + 1), "r"(words)
				 : "cc", "memory");
}

int main(int argc, char **argv)
{
	size_t length = (size_t)from_environment("MEGABYTES", 64) << 20;
	pid_t children[CHILDREN];

	words = map_shared(length);
	words += (length - 4096) / 8;
	if (is_variant("signals")) {
		strikes_begin();
		count_until_struck();
		strikes_end();
		say("%llu\n", (unsigned long long)words[0]);
		return success();
	}
	for (uint64_t i = 0; i < CHILDREN; i++) {
		children[i] = sys(fork());
		if (children[i] == 0) {
			take_turns(i);
			_exit(0);
		}
	}
	for (int i = 0; i < CHILDREN; i++) {
		await_exit(children[i], 0);
		say("%llx\n", (unsigned long long)words[8]);
	}
	return success();
}
