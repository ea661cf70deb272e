/* SPDX-License-Identifier: MIT */
/* A debugger in small: breakpoints, steps, watched memory, registers. */
#include "tracer.h"

#include <elf.h>
#include <linux/ptrace.h>

static volatile long watched;
static volatile double product = 1;

__attribute__((noinline)) static long twice(long value)
{
	__asm__ volatile("" : "+r"(value));
	return value + value;
}

/* A breakpoint of its own, after which xmm15 holds another number. */
static double own_breakpoint(void)
{
	double number = 1.5;

	__asm__ volatile("movsd %0, %%xmm15\n"
			 "int3\n"
			 "movsd %%xmm15, %0\n"
			 : "+m"(number)
			 :
			 : "xmm15");
	return number;
}

static void make_call(long number)
{
	__asm__ volatile("syscall" : "+a"(number) : : "rcx", "r11", "memory");
}

static void run(void)
{
	long sum = 0;

	for (long i = 0; i < 4; i++)
		sum += twice(i);
	watched = sum;
	product = own_breakpoint() * 3;
	say("child: sum %ld, watched %ld, product %g\n", sum, watched,
	    product);
	for (int i = 0; i < 3; i++)
		watched += getppid() > 0;
	make_call(SYS_getpid);
	make_call(SYS_getppid);
	say("child: watched %ld\n", watched);
}

#define BREAKPOINT 0xcc

static void poke_byte(pid_t child, const void *where, uint8_t byte)
{
	uint64_t word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, child, where, 0);
	check(!errno);
	sys(ptrace(PTRACE_POKETEXT, child, where,
		   (word & ~0xfful) | byte));
}

static void set_debug_register(pid_t child, int number, uint64_t value)
{
	sys(ptrace(PTRACE_POKEUSER, child,
		   offsetof(struct user, u_debugreg[0]) +
			   8 * (unsigned)number, value));
}

/* Over the breakpoint: put the byte back, step, break again. */
static void step_over(pid_t child, uint8_t original)
{
	struct user_regs_struct registers = registers_of(child);
	siginfo_t info;

	registers.rip--;
	check(registers.rip == (unsigned long)twice);
	sys(ptrace(PTRACE_SETREGS, child, 0, &registers));
	poke_byte(child, twice, original);
	go_on(PTRACE_SINGLESTEP, child, 0);
	expect(child, STOP_STATUS(SIGTRAP));
	sys(ptrace(PTRACE_GETSIGINFO, child, 0, &info));
	check(info.si_signo == SIGTRAP && info.si_code == TRAP_TRACE);
	check(registers_of(child).rip > registers.rip);
	poke_byte(child, twice, BREAKPOINT);
}

/* Sets xmm15 by one request and proves it by the other. */
static void set_vector(pid_t child, double number)
{
	struct user_fpregs_struct floats;
	uint8_t bytes[16384];
	struct iovec vector = { bytes, sizeof(bytes) };

	sys(ptrace(PTRACE_GETREGSET, child, NT_X86_XSTATE, &vector));
	check(vector.iov_len >= sizeof(floats));
	memcpy(bytes + 160 + 15 * 16, &number, sizeof(number));
	sys(ptrace(PTRACE_SETREGSET, child, NT_X86_XSTATE, &vector));
	sys(ptrace(PTRACE_GETFPREGS, child, 0, &floats));
	check(!memcmp(&floats.xmm_space[15 * 4], &number, sizeof(number)));
	floats.xmm_space[0] = 0x11111111;
	sys(ptrace(PTRACE_SETFPREGS, child, 0, &floats));
}

static void steps(pid_t child)
{
	int calls = 0, status;

	for (int i = 0; i < 200 && calls < 2; i++) {
		struct user_regs_struct registers = registers_of(child);
		long word = ptrace(PTRACE_PEEKTEXT, child, registers.rip, 0);

		calls += (word & 0xffff) == 0x050f;
		go_on(PTRACE_SINGLESTEP, child, 0);
		check(waitpid(child, &status, 0) == child);
		check(status == STOP_STATUS(SIGTRAP));
	}
	check(calls == 2);
}

int main(void)
{
	pid_t child = traced_child(run);
	uint64_t original = ptrace(PTRACE_PEEKTEXT, child, twice, 0);
	struct user_regs_struct registers;
	struct iovec vector = { &registers, sizeof(registers) };
	siginfo_t info;

	poke_byte(child, twice, BREAKPOINT);
	for (int i = 0; i < 4; i++) {
		go_on(PTRACE_CONT, child, 0);
		expect(child, STOP_STATUS(SIGTRAP));
		sys(ptrace(PTRACE_GETSIGINFO, child, 0, &info));
		check(info.si_code == SI_KERNEL);
		sys(ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &vector));
		check(vector.iov_len == sizeof(registers));
		say("twice(%lld)\n", registers.rdi);
		step_over(child, (uint8_t)original);
	}
	poke_byte(child, twice, (uint8_t)original);
	go_on(PTRACE_CONT, child, 0);
	expect(child, STOP_STATUS(SIGTRAP));
	set_vector(child, 14);
	set_debug_register(child, 0, (unsigned long)&watched);
	set_debug_register(child, 7, 0x000d0001); /* 8 bytes written */
	for (int i = 0; i < 3; i++) {
		go_on(PTRACE_CONT, child, 0);
		expect(child, STOP_STATUS(SIGTRAP));
		sys(ptrace(PTRACE_GETSIGINFO, child, 0, &info));
		check(info.si_code == TRAP_HWBKPT);
		errno = 0;
		say("watched is %ld\n",
		    ptrace(PTRACE_PEEKDATA, child, &watched, 0));
		check(ptrace(PTRACE_PEEKUSER, child,
			     offsetof(struct user, u_debugreg[6]), 0) & 1);
		set_debug_register(child, 6, 0);
	}
	set_debug_register(child, 7, 0);
	fails(ptrace(PTRACE_POKEUSER, child,
		     offsetof(struct user, u_debugreg[4]), 1), EIO);
	steps(child);
	go_on(PTRACE_CONT, child, 0);
	expect(child, 0);
	return success();
}
