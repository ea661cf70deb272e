/* SPDX-License-Identifier: MIT */
/* The cheapest system call, again and again: getppid COUNT. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1;
	long sum = 0;

	for (long i = 0; i < count; i++)
		sum += getppid();
	printf("%ld\n", sum);
	return 0;
}
