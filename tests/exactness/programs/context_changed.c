/* SPDX-License-Identifier: MIT */
/*
 * The handler changes registers of what it interrupted, vector registers and
 * the instruction to go on at.
 *
 * variants: register vector instruction flags
 */
#include "strike.h"

#include <math.h>

extern const char context_begin[], context_end[], context_next[];
static const char *how;

static void change(int signal, siginfo_t *info, void *context)
{
	ucontext_t *there = context;
	greg_t *registers = there->uc_mcontext.gregs;

	strike(signal, info, context);
	if (registers[REG_RIP] < (greg_t)context_begin ||
	    registers[REG_RIP] >= (greg_t)context_end)
		return;
	if (!strcmp(how, "register"))
		registers[REG_R12] += 1ll << 40;
	else if (!strcmp(how, "vector"))
		there->uc_mcontext.fpregs->_xmm[9].element[3] ^= 0x10;
	else if (!strcmp(how, "flags"))
		registers[REG_EFL] ^= 1;
	else
		registers[REG_RIP] = (greg_t)context_next;
}

int main(int argc, char **argv)
{
	uint64_t count = 0, times = 0;
	double vector = 0;

	check(argc > 1);
	how = argv[1];
	strikes_begin();
	handle_info(SIGALRM, change, SA_RESTART);
	__asm__ volatile("xor %%r12d, %%r12d\n"
			 "xor %%r13d, %%r13d\n"
			 "pxor %%xmm9, %%xmm9\n"
			 "jmp 1f\n"
			 "context_next:\n"
			 "add $3, %%r13\n"
			 "1:\n"
			 "context_begin:\n"
			 "inc %%r12\n"
			 "jc 2f\n"
			 "cmpl $0, %3\n"
			 "je 1b\n"
			 "context_end:\n"
			 "jmp 3f\n"
			 "2: clc\n"
			 "inc %%r13\n"
			 "jmp 1b\n"
			 "3: mov %%r12, %0\n"
			 "mov %%r13, %1\n"
			 "movq %%xmm9, %2\n"
			 : "=r"(count), "=r"(times), "=r"(vector)
			 : "m"(strikes_over)
			 : "r12", "r13", "xmm9", "cc", "memory");
	strikes_end();
	say("%llx, %llu, %d\n", (unsigned long long)count,
	    (unsigned long long)times, vector != 0);
	return success();
}
