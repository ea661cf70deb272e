/* SPDX-License-Identifier: MIT */
/*
 * Debug registers of a child that computes are as its tracer sets them, also
 * after signals that struck it anywhere.
 */
#include "tracer.h"

static volatile long passes, is_told;

static void run(void)
{
	while (!is_told)
		passes++;
	say("child: told\n");
}

#define REGISTER(number) (offsetof(struct user, u_debugreg) + 8 * (number))

static uint64_t peek(pid_t child, int number)
{
	long value;

	errno = 0;
	value = ptrace(PTRACE_PEEKUSER, child, REGISTER(number), 0);
	check(!errno);
	return (uint64_t)value;
}

static void interrupt(pid_t child)
{
	go_on(PTRACE_CONT, child, 0);
	sleep_ms(50); /* into the loop, as a rule */
	sys(kill(child, SIGINT));
	expect(child, STOP_STATUS(SIGINT));
	check((peek(child, 6) & 0xf) == 0);
	check(peek(child, 7) == 0);
}

int main(void)
{
	pid_t child = traced_child(run);

	interrupt(child);
	check(peek(child, 0) == 0);
	sys(ptrace(PTRACE_POKEUSER, child, REGISTER(0), &passes));
	sys(ptrace(PTRACE_POKEUSER, child, REGISTER(1), &is_told));
	interrupt(child);
	check(peek(child, 0) == (uint64_t)&passes);
	check(peek(child, 1) == (uint64_t)&is_told);
	sys(ptrace(PTRACE_POKEUSER, child, REGISTER(7), 0x00090001));
	for (int i = 0; i < 3; i++) {
		sys(ptrace(PTRACE_POKEUSER, child, REGISTER(6), 0));
		go_on(PTRACE_CONT, child, 0);
		expect(child, STOP_STATUS(SIGTRAP));
		check((peek(child, 6) & 0xf) == 1);
	}
	sys(ptrace(PTRACE_POKEUSER, child, REGISTER(7), 0));
	sys(ptrace(PTRACE_POKEUSER, child, REGISTER(6), 0));
	interrupt(child);
	sys(ptrace(PTRACE_POKEDATA, child, &is_told, 1L));
	go_on(PTRACE_CONT, child, 0);
	expect(child, 0);
	return success();
}
