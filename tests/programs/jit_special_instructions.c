/* SPDX-License-Identifier: MIT */
/*
 * Instructions that a recorder has to know of, in generated code: time stamps,
 * system calls in pages of all kinds, breakpoints and traps of its own.
 */
#include "tracee.h"

#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)

static unsigned char *page;
static volatile int traps;

static void on_trap(int number, siginfo_t *info, void *context)
{
	(void)info, (void)context;
	traps += number;
}

static long run(const char *code, size_t length)
{
	memcpy(page, code, length);
	return ((long (*)(void))page)();
}
#define RUN(code) run(code, sizeof(code) - 1)

/* rdtsc; shl $32,%rdx; or %rdx,%rax; ret */
#define RDTSC "\x0f\x31\x48\xc1\xe2\x20\x48\x09\xd0\xc3"
/* rdtscp, the same */
#define RDTSCP "\x0f\x01\xf9\x48\xc1\xe2\x20\x48\x09\xd0\xc3"
/* mov $39,%eax (getpid); syscall; ret */
#define GETPID "\xb8\x27\0\0\0\x0f\x05\xc3"

static void all_kinds(void)
{
	long first = RUN(RDTSC), second = RUN(RDTSCP), third;

	check(second > first);
	third = RUN(RDTSC);
	check(third > second);
	say("time %lx %lx %lx\n", first, second, third);
	for (int i = 0; i < 50; i++)
		check(RUN(GETPID) == getpid());
	traps = 0;
	check(RUN("\xcc\xb8\x05\0\0\0\xc3") == 5); /* int3 */
	check(RUN("\xf1\xb8\x06\0\0\0\xc3") == 6); /* int1 */
	check(RUN("\xcd\x03\xb8\x07\0\0\0\xc3") == 7); /* int $3 */
	check(traps == 3 * SIGTRAP);
	/* ud2 with a handler that cannot go on is for others; nop, pause */
	check(RUN("\xf3\x90\x0f\x1f\x40\0\xb8\x08\0\0\0\xc3") == 8);
}

int main(void)
{
	int fd = memfd_executable("jit", MFD_CLOEXEC);

	handle_info(SIGTRAP, on_trap, 0);
	page = sys(mmap(NULL, 4096, RWX, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	all_kinds();
	sys(ftruncate(fd, 4096));
	page = sys(mmap(NULL, 4096, RWX, MAP_SHARED, fd, 0));
	all_kinds();
	page = sys(mmap(NULL, 4096, RWX, MAP_PRIVATE, fd, 0));
	all_kinds();
	page = sys(mmap(NULL, 4096, RWX, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	all_kinds();
	return success();
}
