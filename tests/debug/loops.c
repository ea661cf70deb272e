/* SPDX-License-Identifier: MIT */
/* Loops of very many passes without a system call. */
#include <sys/syscall.h>
#include <unistd.h>

volatile unsigned long sum, seldom, last;

static void before(unsigned long passes)
{
	for (unsigned long i = 0; i < passes; i++) {
		sum += i ^ (sum >> 3); /* MARK pass */
		if (i % 1000000 == 999999)
			seldom = i; /* MARK seldom */
	}
}

/* The counter is in a register here. */
static void within(unsigned long passes)
{
	register unsigned long i = passes, total = 0;

	__asm__ volatile("1: add %0, %1\n\t"
			 "xor $3, %1\n\t"
			 "nop\n\t"
			 "lea -1(%0), %0\n\t"
			 "test %0, %0\n\t"
			 "jnz 1b"
			 : "+r"(i), "+r"(total) : : "cc");
	last = total;
}

int main(void)
{
	before(PASSES);
	within(PASSES); /* MARK between */
	syscall(SYS_getppid); /* MARK end */
	return 0;
}
