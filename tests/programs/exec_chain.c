/* SPDX-License-Identifier: MIT */
/* Ten images one after the other in the same process. */
#include "tracee.h"

int main(int argc, char **argv)
{
	char count[16];
	char *args[] = { argv[0], count, NULL };
	int generation = argc > 1 ? atoi(argv[1]) : 0;

	say("%d: generation %d, stack %p\n", getpid(), generation,
	    (void *)&args);
	if (generation == 10)
		return success();
	snprintf(count, sizeof(count), "%d", generation + 1);
	sys(execv("/proc/self/exe", args));
}
