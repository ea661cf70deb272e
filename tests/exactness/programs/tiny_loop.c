/* SPDX-License-Identifier: MIT */
/*
 * Loops too short for anything: the handler alone can end some of them.
 *
 * variants: jmp loop dec pause jrcxz
 */
#include "strike.h"

extern char tiny_over[];
static int by_address, is_ended;

static void strike_and_end(int signal, siginfo_t *info, void *context)
{
	ucontext_t *there = context;

	strike(signal, info, context);
	if (!strikes_over || is_ended)
		return;
	is_ended = 1;
	if (by_address)
		there->uc_mcontext.gregs[REG_RIP] = (greg_t)tiny_over;
	else
		there->uc_mcontext.gregs[REG_RCX] = 1;
}

int main(int argc, char **argv)
{
	uint64_t left = 1ull << 40;

	strikes_begin();
	handle_info(SIGALRM, strike_and_end, SA_RESTART);
	by_address = is_variant("jmp") || is_variant("pause");
	if (is_variant("jmp"))
		__asm__ volatile("1: jmp 1b\n"
				 ".globl tiny_over\n"
				 "tiny_over: nop");
	else if (is_variant("pause"))
		__asm__ volatile("1: pause\n\tjmp 1b\n\t"
				 "jmp tiny_over");
	else if (is_variant("loop"))
		__asm__ volatile("1: loop 1b" : "+c"(left));
	else if (is_variant("dec"))
		__asm__ volatile("1: dec %0\n\tjnz 1b" : "+c"(left) : : "cc");
	else
		__asm__ volatile("1: jrcxz 2f\n\tlea -1(%0), %0\n\tjmp 1b\n2:"
				 : "+c"(left));
	strikes_end();
	return success();
}
