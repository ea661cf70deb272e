/* SPDX-License-Identifier: MIT */
/* SIGFPE, SIGILL, SIGTRAP, SIGBUS and SIGSEGV: codes, and a way out. */
#include <setjmp.h>

#include "tracee.h"

static sigjmp_buf back;
static volatile int code;
static void *volatile address;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)context;
	code = info->si_code;
	address = info->si_addr;
	siglongjmp(back, number);
}

static void expect(int number, int expected, void (*fault)(void))
{
	int got = sigsetjmp(back, 1);

	if (got == 0) {
		fault();
		check(!"the fault must come");
	}
	say("signal %d code %d address %p\n", got, code, address);
	check(got == number && code == expected);
}

static volatile int zero;

static void divide(void)
{
	zero = 12345 / zero;
}

static void illegal(void)
{
	asm volatile("ud2");
}

static void trap(void)
{
	asm volatile("int3");
}

static void null(void)
{
	*(volatile char *)8 = 1;
}

static void noncanonical(void)
{
	*(volatile char *)0x8000000000000000 = 1;
}

static void privileged(void)
{
	asm volatile("hlt");
}

static void jump(void)
{
	((void (*)(void))16)();
}

int main(void)
{
	for (int i = SIGILL; i <= SIGSEGV; i++)
		if (i != SIGABRT && i != SIGKILL && i != SIGUSR1)
			handle_info(i, handler, 0);
	expect(SIGFPE, FPE_INTDIV, divide);
	expect(SIGILL, ILL_ILLOPN, illegal);
	expect(SIGTRAP, SI_KERNEL, trap);
	expect(SIGSEGV, SEGV_MAPERR, null);
	expect(SIGSEGV, SI_KERNEL, noncanonical);
	expect(SIGSEGV, SI_KERNEL, privileged);
	expect(SIGSEGV, SEGV_MAPERR, jump);
	return success();
}
