/* SPDX-License-Identifier: MIT */
/* Much memory with something in each page: 32 MiB, or argv[1]. */
#include "tracee.h"

int main(int argc, char **argv)
{
	size_t size = (argc > 1 ? strtoul(argv[1], NULL, 10) : 32) << 20;
	uint64_t *words = (uint64_t *)map_private(size), sum = 0;
	pid_t child;

	for (size_t i = 0; i < size / 8; i += 64)
		words[i] = i * 0x9e3779b97f4a7c15;
	for (int round = 0; round < 3; round++) {
		child = sys(fork());
		if (child == 0) {
			words[round * 512] = 1;
			_exit(words[round * 512]);
		}
		await_exit(child, 1);
	}
	for (size_t i = 0; i < size / 8; i += 64)
		sum += words[i];
	say("sum %llx\n", (unsigned long long)sum);
	return success();
}
