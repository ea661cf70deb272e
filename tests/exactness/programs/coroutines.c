/* SPDX-License-Identifier: MIT */
/*
 * Stacks beside each other in the heap: what is below one stack pointer is
 * the live part of another stack.
 *
 * levels: O0 O2
 */
#include "strike.h"

#define COROUTINES 4
#define STACK 32768

static void *home, *stack_pointers[COROUTINES];
static volatile uint64_t totals[COROUTINES];

/* swapcontext(3) would make a call. */
void switch_stack(void **from, void *to);
__asm__("switch_stack:\n"
	"push %rbx\n\tpush %rbp\n\tpush %r12\n"
	"push %r13\n\tpush %r14\n\tpush %r15\n"
	"mov %rsp, (%rdi)\n"
	"mov %rsi, %rsp\n"
	"pop %r15\n\tpop %r14\n\tpop %r13\n"
	"pop %r12\n\tpop %rbp\n\tpop %rbx\n"
	"ret\n");

static volatile long starting;

static void run(void)
{
	long me = starting;
	volatile uint64_t mine[64] = { 0 };

	for (;;) {
		for (int i = 0; i < 64; i++)
			for (int j = 0; j < 200; j++)
				mine[i] += (uint64_t)(i + j) + (uint64_t)me;
		totals[me] += mine[63];
		progress++;
		starting = (me + 1) % COROUTINES;
		switch_stack(&stack_pointers[me],
			     strikes_over ? home : stack_pointers[starting]);
	}
}

int main(void)
{
	char *stacks = aligned_alloc(64, COROUTINES * STACK);

	check(stacks);
	for (int i = 0; i < COROUTINES; i++) {
		void **top = (void **)(stacks + (i + 1) * STACK - 64);

		top[6] = (void *)run;
		stack_pointers[i] = top;
	}
	strikes_begin();
	switch_stack(&home, stack_pointers[0]);
	strikes_end();
	for (int i = 0; i < COROUTINES; i++)
		say("%llu\n", (unsigned long long)totals[i]);
	return success();
}
