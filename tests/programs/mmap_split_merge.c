/* SPDX-License-Identifier: MIT */
/* Holes punched into mappings by munmap and mprotect. */
#include "tracee.h"

int main(void)
{
	char *memory = map_private(64 * 4096);
	unsigned char present[64];

	for (int i = 0; i < 64; i++)
		memory[i * 4096] = i;
	for (int i = 1; i < 64; i += 2)
		sys(munmap(memory + i * 4096, 4096));
	for (int i = 0; i < 64; i += 4)
		sys(mprotect(memory + i * 4096, 4096, PROT_READ));
	fails(mprotect(memory, 8192, PROT_READ), ENOMEM);
	for (int i = 0; i < 64; i += 2)
		check(memory[i * 4096] == i);
	fails(mincore(memory, 64 * 4096, present), ENOMEM);
	sys(mincore(memory, 4096, present));
	check(present[0] & 1);
	sys(munmap(memory, 64 * 4096));
	return success();
}
