/* SPDX-License-Identifier: MIT */
/* RLIMIT_AS and RLIMIT_DATA: mmap and brk fail with ENOMEM. */
#include "tracee.h"

int main(void)
{
	struct rlimit limit = { 64 << 20, 64 << 20 };
	char *memory;

	sys(setrlimit(RLIMIT_AS, &limit));
	fails(mmap(NULL, 128 << 20, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	      ENOMEM);
	memory = sys(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	memory[5] = 1;
	check(!malloc(200 << 20));
	return success();
}
