/* SPDX-License-Identifier: MIT */
/*
 * Code that the program generates, with instructions whose result nobody knows
 * beforehand: in writable memory, in memory made executable when it is
 * complete, written later, moved, copied by a fork.  Data beside it stays.
 */
#include "tracee.h"

#include <cpuid.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define PAGE 4096
#define LENGTH (16 * PAGE)
#define ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

typedef unsigned function(void);

/* again: rdrand eax; jnc again; ret */
static const unsigned char random_code[] = {
	0x0f, 0xc7, 0xf0, 0x73, 0xfb, 0xc3,
};

/* push rbx; mov eax, 1; cpuid; mov eax, ebx; pop rbx; ret */
static const unsigned char cpuid_code[] = {
	0x53, 0xb8, 1, 0, 0, 0, 0x0f, 0xa2, 0x89, 0xd8, 0x5b, 0xc3,
};

/* xor ecx, ecx; xgetbv; ret */
static const unsigned char xgetbv_code[] = {
	0x31, 0xc9, 0x0f, 0x01, 0xd0, 0xc3,
};

/* A table that has both, and no sense as code. */
static const unsigned char data[] = {
	0x07, 0x0f, 0xa2, 0x00, 0x12, 0x0f, 0xc7, 0xf1, 0x00, 0x0f, 0xa2,
};

static unsigned call(const void *code)
{
	function *called;

	memcpy(&called, &code, sizeof(called));
	return called();
}

static void fill(unsigned char *memory)
{
	memcpy(memory, random_code, sizeof(random_code));
	memcpy(memory + 64, cpuid_code, sizeof(cpuid_code));
	memcpy(memory + 128, xgetbv_code, sizeof(xgetbv_code));
	memcpy(memory + 256, data, sizeof(data));
}

static void run(const char *name, const unsigned char *memory)
{
	say("%s: %08x %08x %x\n", name, call(memory), call(memory + 64),
	    call(memory + 128));
	check(!memcmp(memory + 256, data, sizeof(data)));
}

static unsigned char *map_long(size_t length, int protection)
{
	unsigned char *memory = mmap(NULL, length, protection, MAP_PRIVATE |
				     MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED);
	return memory;
}

static unsigned char *map(int protection)
{
	return map_long(LENGTH, protection);
}

static void complete(size_t length)
{
	unsigned char *memory = map_long(length, PROT_READ | PROT_WRITE);

	for (size_t i = 0; i < 2; i++) {
		fill(memory + i * length / 2);
		check(!mprotect(memory, length, PROT_READ | PROT_EXEC));
		run("complete", memory);
		run("complete", memory + i * length / 2);
		check(!mprotect(memory, length, PROT_READ | PROT_WRITE));
	}
	check(!munmap(memory, length));
}

/* As compilers do that fill all of their memory first (Ruby's). */
static void often_complete(void)
{
	size_t length = 512 * LENGTH;
	unsigned char *memory = map_long(length, PROT_READ | PROT_WRITE);

	memset(memory, 0x1e, length);
	for (int i = 0; i < 40; i++) {
		fill(memory + (i % 64) * LENGTH / 16);
		check(!mprotect(memory, length, PROT_READ | PROT_EXEC));
		check(call(memory + 128));
		check(call(memory + (i % 64) * LENGTH / 16 + 128));
		check(!mprotect(memory, length, PROT_READ | PROT_WRITE));
	}
	check(!munmap(memory, length));
}

static void in_child(const unsigned char *memory)
{
	pid_t child = fork();

	if (!child) {
		run("in child", memory);
		_exit(0);
	}
	check(waitpid(child, NULL, 0) == child);
}

/* Where no call can make it executable any more. */
static void in_strict_child(void)
{
	unsigned char *memory = map(ALL);
	pid_t child;
	int status;

	fill(memory);
	child = fork();
	if (!child) {
		check(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
		syscall(SYS_exit, call(memory + 128) ? 5 : 6);
	}
	check(waitpid(child, &status, 0) == child);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}

int main(void)
{
	unsigned eax, ebx, ecx, edx;
	unsigned char *memory, *moved;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) ||
	    !(ecx & bit_RDRND) || !(ecx & bit_OSXSAVE))
		skip("no RDRAND or XGETBV");
	memory = map(ALL);
	fill(memory);
	run("writable", memory);
	fill(memory + PAGE);
	run("written later", memory + PAGE);
	fill(memory + 8 * PAGE);
	in_child(memory + 8 * PAGE);
	moved = mremap(memory, LENGTH, 2 * LENGTH, MREMAP_MAYMOVE);
	check(moved != MAP_FAILED);
	run("moved", moved + 8 * PAGE);
	fill(moved + LENGTH + PAGE);
	run("grown", moved + LENGTH + PAGE);
	complete(LENGTH);
	complete(64 * LENGTH);
	often_complete();
	in_strict_child();
	return success();
}
