/* SPDX-License-Identifier: MIT */
/*
 * A program may put the base of GS into the upper half of addresses (wrgsbase),
 * where ptrace(2) puts none; calls, signals and rdtsc go on as ever.
 */
#include <elf.h>
#include <sys/auxv.h>

#include "tracee.h"

#define HIGH 0xffffffffffff0000ul
#define HWCAP2_WRGSBASE 2

static volatile sig_atomic_t signals;

static void on_signal(int signal)
{
	(void)signal;
	signals++;
}

static void set_base(unsigned long base)
{
	__asm__ volatile("wrgsbase %0" : : "r"(base) : "memory");
}

static unsigned long get_base(void)
{
	unsigned long base;

	__asm__ volatile("rdgsbase %0" : "=r"(base));
	return base;
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	char byte;
	int ends[2];
	pid_t child;

	if (!(getauxval(AT_HWCAP2) & HWCAP2_WRGSBASE))
		skip("no wrgsbase");
	sys(sigaction(SIGUSR1, &action, NULL));
	sys(pipe(ends));
	set_base(HIGH);
	for (int i = 0; i < 8; i++) {
		sys(raise(SIGUSR1));
		sys(write(ends[1], "x", 1));
		sys(read(ends[0], &byte, 1));
		__builtin_ia32_rdtsc();
		check(get_base() == HIGH);
	}
	child = sys(fork());
	if (!child) {
		sys(raise(SIGUSR1));
		sys(write(ends[1], "x", 1));
		_exit(get_base() != HIGH);
	}
	sys(read(ends[0], &byte, 1));
	check(waitpid(child, &ends[0], 0) == child && !ends[0]);
	set_base(0);
	say("%d signals\n", (int)signals);
	return success();
}
