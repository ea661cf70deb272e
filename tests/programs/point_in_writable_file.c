/* SPDX-License-Identifier: MIT */
/*
 * Signals strike a loop in a private mapping of a file that is writable and
 * executable, as images of Lisp systems are.  Its page stays the file's.
 */
#include "tracee.h"

#define PAGE 4096
#define SIGNALS 8

/* Counts to its argument, beside something that is long enough for a jump. */
static const uint8_t loop[] = {
	0x31, 0xc0,				  /* xor eax, eax */
	0x48, 0x83, 0xc0, 0x01,			  /* add rax, 1 */
	0x48, 0x8d, 0x89, 0x44, 0x33, 0x22, 0x11, /* lea rcx, [rcx+...] */
	0x48, 0x39, 0xf8,			  /* cmp rax, rdi */
	0x72, 0xf0,				  /* jb add */
	0xc3,					  /* ret */
};

static volatile sig_atomic_t struck;

static void strike(int signal)
{
	(void)signal;
	struck++;
}

/* The second one has the loop where a jump is on two pages. */
static void compute(int fd, size_t offset)
{
	struct itimerval timer = { { 0, 3000 }, { 0, 3000 } }, off = { 0 };
	unsigned long (*count)(unsigned long);
	uint64_t passes = 0;
	char *code;

	check(pwrite(fd, loop, sizeof(loop), (off_t)offset) == sizeof(loop));
	code = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE, fd, 0);
	check(code != MAP_FAILED);
	count = (unsigned long (*)(unsigned long))(uintptr_t)(code + offset);
	struck = 0;
	sys(setitimer(ITIMER_REAL, &timer, NULL));
	while (struck < SIGNALS)
		passes += count(2000000);
	sys(setitimer(ITIMER_REAL, &off, NULL));
	say("%d signals, %d\n", SIGNALS, passes % 2000000 == 0);
	sys(munmap(code, 2 * PAGE));
}

int main(void)
{
	struct sigaction action = {
		.sa_handler = strike, .sa_flags = SA_RESTART,
	};
	int fd = sys(memfd_create("code", 0));

	sys(ftruncate(fd, 2 * PAGE));
	sys(sigaction(SIGALRM, &action, NULL));
	compute(fd, 0);
	compute(fd, PAGE - 8);
	return success();
}
