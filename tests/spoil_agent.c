/* SPDX-License-Identifier: MIT */
/*
 * A program that writes into the memory where reel's agent keeps its records
 * (src/agent_layout.h), at places and with values that depend on its argument.
 * It gets there like any other memory; what it spoils is its own recording.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/agent_layout.h"

#define WORDS 160 /* at the start of what is shared, where positions are */

static void make_calls(void)
{
	for (int i = 0; i < 20; i++)
		getppid();
}

int main(int argc, char **argv)
{
	volatile uint8_t *shared = (volatile uint8_t *)AGENT_SHARED;
	volatile uint8_t *ring = (volatile uint8_t *)AGENT_RING;

	srand(argc > 1 ? (unsigned)atoi(argv[1]) : 1);
	make_calls();
	for (int round = 0; round < 200; round++) {
		for (int i = rand() % 8; i >= 0; i--)
			if (rand() % 2)
				shared[rand() % WORDS] = (uint8_t)rand();
			else
				ring[rand() % 4096] = (uint8_t)rand();
		make_calls();
	}
	puts("end");
	return 0;
}
