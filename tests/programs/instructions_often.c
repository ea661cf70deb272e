/* SPDX-License-Identifier: MIT */
/*
 * cpuid, rdtsc, rdtscp, xgetbv, rdrand and rdseed again and again at the same
 * places, between instructions of various lengths: they change what they
 * should and nothing else, while a timer's handler interrupts anywhere.
 */
#include <cpuid.h>
#include <signal.h>
#include <sys/time.h>

#include "tracee.h"

#define PASSES 300
#define CARRY 1ul
#define ARITHMETIC 0x8d5ul

static volatile unsigned ticks;
static unsigned long sum;

struct values {
	unsigned long a, b, c, d, flags;
};

static void on_tick(int signal)
{
	(void)signal;
	ticks++;
}

/* All other registers and the red zone must be as they were. */
#define PLACE(name, instruction, behind)                                   \
	static __attribute__((noinline)) int name(struct values *values)  \
	{                                                                  \
		unsigned long wrong;                                       \
                                                                           \
		asm volatile("movq %%rbp, -120(%%rsp)\n\t"                 \
			     "movq %%rbx, -112(%%rsp)\n\t"                 \
			     "movq %[values], -104(%%rsp)\n\t"             \
			     "movq $0x77, -8(%%rsp)\n\t"                   \
			     "movq $0x55, -64(%%rsp)\n\t"                  \
			     "movq 0(%[values]), %%rax\n\t"                \
			     "movq 8(%[values]), %%rbx\n\t"                \
			     "movq 16(%[values]), %%rcx\n\t"               \
			     "movq 24(%[values]), %%rdx\n\t"               \
			     "movl $6, %%esi\n\t"                          \
			     "movl $8, %%r8d\n\t"                          \
			     "movl $9, %%r9d\n\t"                          \
			     "movl $10, %%r10d\n\t"                        \
			     "movl $11, %%r11d\n\t"                        \
			     "movl $12, %%r12d\n\t"                        \
			     "movl $13, %%r13d\n\t"                        \
			     "movl $14, %%r14d\n\t"                        \
			     "movl $5, %%ebp\n\t"                          \
			     "cmpl $7, %%esi\n\t" /* CF, SF */             \
			     instruction "\n\t" behind "\n\t"              \
			     "pushfq\n\t"                                  \
			     "popq %%r15\n\t"                              \
			     "movq -104(%%rsp), %%rdi\n\t"                 \
			     "movq %%rax, 0(%%rdi)\n\t"                    \
			     "movq %%rbx, 8(%%rdi)\n\t"                    \
			     "movq %%rcx, 16(%%rdi)\n\t"                   \
			     "movq %%rdx, 24(%%rdi)\n\t"                   \
			     "movq %%r15, 32(%%rdi)\n\t"                   \
			     "subq $6, %%rsi\n\t"                          \
			     "subq $8, %%r8\n\t"                           \
			     "subq $9, %%r9\n\t"                           \
			     "subq $10, %%r10\n\t"                         \
			     "subq $11, %%r11\n\t"                         \
			     "subq $12, %%r12\n\t"                         \
			     "subq $13, %%r13\n\t"                         \
			     "subq $14, %%r14\n\t"                         \
			     "subq $5, %%rbp\n\t"                          \
			     "orq %%r8, %%rsi\n\t"                         \
			     "orq %%r9, %%rsi\n\t"                         \
			     "orq %%r10, %%rsi\n\t"                        \
			     "orq %%r11, %%rsi\n\t"                        \
			     "orq %%r12, %%rsi\n\t"                        \
			     "orq %%r13, %%rsi\n\t"                        \
			     "orq %%r14, %%rsi\n\t"                        \
			     "orq %%rbp, %%rsi\n\t"                        \
			     "movq -64(%%rsp), %%r8\n\t"                   \
			     "subq $0x55, %%r8\n\t"                        \
			     "orq %%r8, %%rsi\n\t"                         \
			     "movq -120(%%rsp), %%rbp\n\t"                 \
			     "movq -112(%%rsp), %%rbx\n\t"                 \
			     "movq %%rsi, %[wrong]"                        \
			     : [wrong] "=r"(wrong)                         \
			     : [values] "D"(values)                        \
			     : "rax", "rcx", "rdx", "rsi", "r8", "r9",     \
			       "r10", "r11", "r12", "r13", "r14", "r15",   \
			       "memory", "cc");                            \
		return wrong == 0;                                         \
	}

PLACE(cpuid_before_long, "cpuid", "movq $11, %%r11")
PLACE(cpuid_before_short, "cpuid", "nop\n\tnop\n\tnop")
PLACE(cpuid_after_long, "movq $11, %%r11\n\tcpuid", "cmpl $7, %%esi\n\tnop")
PLACE(cpuid_jumped_to,
      "jmp 2f\n1:\tjmp 3f\n2:\tcpuid\n4:\tcmpl $9, %%r9d\n\tjne 4b\n\tjmp 1b",
      "3:\tcmpl $7, %%esi")
PLACE(rdtsc_before_long, "rdtsc", "movq $11, %%r11")
PLACE(rdtsc_before_short, "rdtsc", "nop\n\tnop\n\tnop")
PLACE(rdtscp_before_long, "rdtscp", "movq $11, %%r11")
PLACE(xgetbv_before_long, "xgetbv", "movq $11, %%r11")
PLACE(rdrand_a, "rdrand %%rax", "movq $11, %%r11")
PLACE(rdrand_b, "rdrand %%ebx", "movq $11, %%r11")
PLACE(rdrand_word, "rdrand %%cx", "movq $11, %%r11")
PLACE(rdseed_d, "rdseed %%rdx", "movq $11, %%r11")

static int is_known(int (*place)(struct values *values), unsigned leaf,
		    unsigned subleaf)
{
	struct values values = { leaf, 2, subleaf, 4, 0 };
	unsigned a, b, c, d;

	__cpuid_count(leaf, subleaf, a, b, c, d);
	check(place(&values));
	check((values.flags & CARRY) && !(values.flags & 0x40));
	return values.a == a && values.b == b && values.c == c &&
	       values.d == d;
}

static void ask(void)
{
	/* Leaf 1 tells the core, which may be another one the next time. */
	for (unsigned leaf = 2; leaf < 8; leaf++) {
		check(is_known(cpuid_before_long, leaf, 0));
		check(is_known(cpuid_before_short, leaf, 1));
		check(is_known(cpuid_after_long, 0x7ffffffe + leaf, 0));
		check(is_known(cpuid_jumped_to, leaf, 2));
	}
}

static unsigned long time_of(int (*place)(struct values *values),
			     unsigned long core)
{
	struct values values = { 1, 2, core, 4, 0 };

	check(place(&values));
	check(values.b == 2 && (values.flags & CARRY));
	check(values.a >> 32 == 0 && values.d >> 32 == 0);
	sum = sum * 31 + values.a + values.c;
	return values.d << 32 | values.a;
}

static void look_at_clock(void)
{
	unsigned long one = time_of(rdtsc_before_long, 3);
	unsigned long two = time_of(rdtsc_before_short, 3);
	unsigned long three = time_of(rdtscp_before_long, 3);

	check(one <= two && two <= three && two - one < 1ul << 40);
}

static void look_at_components(void)
{
	struct values values = { 1, 2, 0, 4, 0 };

	check(xgetbv_before_long(&values));
	check((values.a & 3) == 3 && values.b == 2 && values.c == 0);
}

static void take_random(int has_seed)
{
	struct values values = { 1, 2, 0x1234567, 4, 0 };

	check(rdrand_a(&values) && (values.flags & ARITHMETIC) == CARRY);
	check(values.b == 2 && values.c == 0x1234567 && values.d == 4);
	check(rdrand_b(&values) && (values.flags & ARITHMETIC) == CARRY);
	check(values.b >> 32 == 0);
	check(rdrand_word(&values) && (values.flags & ARITHMETIC) == CARRY);
	check(values.c >> 16 == 0x123);
	sum = sum * 31 + values.a + values.b + values.c;
	if (has_seed && rdseed_d(&values) && (values.flags & CARRY))
		sum = sum * 31 + values.d;
}

int main(void)
{
	struct itimerval interval = { { 0, 1000 }, { 0, 1000 } };
	unsigned a, b, c, d, features;

	__cpuid(1, a, b, features, d);
	__cpuid_count(7, 0, a, b, c, d);
	check(signal(SIGALRM, on_tick) != SIG_ERR);
	check(!setitimer(ITIMER_REAL, &interval, NULL));
	for (unsigned i = 0; i < PASSES; i++) {
		ask();
		look_at_clock();
		if (features & bit_OSXSAVE)
			look_at_components();
		if (features & bit_RDRND)
			take_random(b & bit_RDSEED);
	}
	say("%lx\n", sum);
	return success();
}
