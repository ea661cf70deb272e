/* SPDX-License-Identifier: MIT */
/*
 * Code that changes while it runs: a loop that rewrites its own constant, code
 * on the stack, in the heap, in pages of the program's own text, in a private
 * copy of a file, and pages that turn from writable to executable and back.
 */
#include "tracee.h"

#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)

/*
 * mov $10,%ecx; xor %eax,%eax
 * loop: add $imm,%eax; incl (address of imm, rip-relative); dec %ecx; jnz loop
 * ret: adds 1 to 10
 */
static const unsigned char adds_more_each_time[] = {
	0xb9, 10,   0,	  0,	0,		    /* mov $10,%ecx */
	0x31, 0xc0,				    /* xor %eax,%eax */
	0x05, 1,    0,	  0,	0,		    /* add $1,%eax */
	0xff, 0x05, 0xf6, 0xff, 0xff, 0xff,	    /* incl -10(%rip) */
	0xff, 0xc9,				    /* dec %ecx */
	0x75, 0xf1,				    /* jnz */
	0xc3,
};

static int run(void *code)
{
	return ((int (*)(void))code)();
}

static int run_copy(unsigned char *room)
{
	memcpy(room, adds_more_each_time, sizeof(adds_more_each_time));
	return run(room);
}

static __attribute__((noinline, aligned(4096))) int own_text(void)
{
	__asm__ volatile("");
	return 12345;
}

static void change_own_text(void)
{
	unsigned char *page = (unsigned char *)((long)own_text & -4096L);
	unsigned char *at;
	int changed = 54321, constant = 12345;

	check(own_text() == 12345);
	sys(mprotect(page, 4096, RWX));
	at = memmem((void *)own_text, 64, &constant, 4);
	check(at != NULL);
	memcpy(at, &changed, 4);
	sys(mprotect(page, 4096, PROT_READ | PROT_EXEC));
	check(own_text() == 54321);
}

int main(void)
{
	unsigned char *page, *stack, *heap = malloc(3 * 4096);
	int fd;

	page = sys(mmap(NULL, 4096, RWX, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	check(run_copy(page) == 55);
	/* its constant is 11 now */
	check(run(page) == 155);

	stack = alloca(8192);
	stack += 4096 - (long)stack % 4096;
	sys(mprotect(stack, 4096, RWX));
	check(run_copy(stack) == 55);

	heap += 4096 - (long)heap % 4096;
	sys(mprotect(heap, 4096, RWX));
	check(run_copy(heap) == 55);

	change_own_text();

	scratch();
	fd = make_file("code", adds_more_each_time, sizeof(adds_more_each_time),
		       0700);
	page = mmap(NULL, 4096, RWX, MAP_PRIVATE, fd, 0);
	if (page == MAP_FAILED)
		skip("no code from %s", scratch_path);
	check(run(page) == 55 && run(page) == 155);
	/* a page that was written is the file's no more */
	check(pwrite(fd, "\xc3", 1, 0) == 1);
	check(run(page) == 255);

	page = (unsigned char *)map_private(4096);
	for (int i = 0; i < 300; i++) {
		int value = i * 7;

		sys(mprotect(page, 4096, PROT_READ | PROT_WRITE));
		page[i] = 0xb8;
		memcpy(page + i + 1, &value, 4);
		page[i + 5] = 0xc3;
		sys(mprotect(page, 4096, PROT_READ | PROT_EXEC));
		check(run(page + i) == value);
	}
	return success();
}
