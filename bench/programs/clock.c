/* SPDX-License-Identifier: MIT */
/* Reads the clock again and again: clock COUNT.  Natively the vDSO does it. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1;
	struct timespec now;
	long sum = 0;

	for (long i = 0; i < count; i++) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		sum += now.tv_nsec;
	}
	printf("%ld\n", sum);
	return 0;
}
