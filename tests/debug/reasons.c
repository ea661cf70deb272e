/* SPDX-License-Identifier: MIT */
/* Accesses whose instruction, or register, is not to be seen behind them. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

long first = 5, second = 5, third = 5;
long *pointers[2] = { &first, &second };
char text[256];
int traps;

static void on_trap(int number)
{
	traps += number; /* MARK trap */
}

static void same_value(void)
{
	__asm__ volatile("movq $5, %0" : "=m"(first)); /* MARK same */
	__asm__ volatile("nop");
}

/* What was read is where the address was. */
static long chase(long *at)
{
	__asm__ volatile("movq (%0), %0\n\tnop" : "+r"(at)); /* MARK chase */
	return (long)at;
}

static void strings(void)
{
	static const char from[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	const char *source = from;
	char *to = text + 100;
	unsigned long count = sizeof(from);

	__asm__ volatile("rep movsb\n\tnop" /* MARK string */
			 : "+S"(source), "+D"(to), "+c"(count)
			 : : "memory");
}

__attribute__((naked, noinline)) static long stacks(void)
{
	__asm__("push %rbx\n\t"
		"pop %rbx\n\t"
		"call 1f\n\t"
		"nop\n\t"
		"ret\n"
		"1: mov $7, %eax\n\t"
		"ret");
}

int main(void)
{
	long sum = 0;

	signal(SIGTRAP, on_trap);
	same_value(); /* MARK begin */
	for (int i = 0; i < 4; i++)
		sum += chase(pointers[i & 1]);
	strings();
	sum += stacks(); /* MARK stacks */
	__asm__ volatile(".byte 0xf1"); /* MARK int1 */
	__asm__ volatile("movq $0xf1, %0" : "=m"(third)); /* MARK looks like */
	printf("%ld %d\n", sum, traps); /* MARK end */
	return 0;
}
