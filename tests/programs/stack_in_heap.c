/* SPDX-License-Identifier: MIT */
/*
 * A stack in the middle of other memory, as goroutines have it: that memory
 * counts, and advice about a part of it changes nothing.
 */
#include "tracee.h"

#include <sys/mman.h>
#include <ucontext.h>

#define LENGTH (8ul << 20)
#define STACK (1ul << 20)

static unsigned char *memory;

/* Ends there, where its memory is looked at. */
static void on_stack(void)
{
	for (size_t i = 0; i < LENGTH - STACK; i += 4096)
		memory[i] = (unsigned char)(i / 4096 + 1);
	check(!madvise(memory, LENGTH / 4, MADV_NOHUGEPAGE));
	check(getppid() > 0);
	exit(success());
}

int main(void)
{
	ucontext_t there, here;

	memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED);
	check(!getcontext(&there));
	there.uc_stack.ss_sp = memory + LENGTH - STACK;
	there.uc_stack.ss_size = STACK;
	there.uc_link = NULL;
	makecontext(&there, on_stack, 0);
	check(!swapcontext(&here, &there));
	return 1;
}
