/* SPDX-License-Identifier: MIT */
/* Much computing without a call, with few changes of `seldom`. */
#include <stdlib.h>
#include <unistd.h>

volatile unsigned long busy;
int seldom;

static void turn(unsigned long i)
{
	busy += i ^ busy << 3;
	if (i % 10000000 == 9999999)
		seldom++; /* MARK seldom */
}

int main(int argc, char **argv)
{
	unsigned long passes = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;

	write(1, "go\n", 3); /* MARK go */
	for (unsigned long i = 0; i < passes; i++)
		turn(i);
	write(1, "ok\n", 3); /* MARK ok */
	return seldom;
}
