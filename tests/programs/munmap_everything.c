/* SPDX-License-Identifier: MIT */
/* A program unmaps all below its own pages; mappings go on to work. */
#include "tracee.h"

int main(void)
{
	uintptr_t own = (uintptr_t)main & ~0xffffUL;
	char *memory;

	sys(munmap((void *)0x60000000, 0x30000000));
	check(own > 0x90000000 || own < 0x60000000);
	sys(mprotect((void *)0x10000, 0, PROT_READ));
	memory = sys(mmap((void *)0x70000000, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	memset(memory, 7, 8192);
	check(memory[8191] == 7);
	sys(munmap(memory, 8192));
	return success();
}
