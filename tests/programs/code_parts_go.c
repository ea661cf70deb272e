/* SPDX-License-Identifier: MIT */
/*
 * Code that made calls is in two pages, and one of them goes, is written to, or
 * is moved: what is left is the program's own, and makes its calls still.
 */
#include "tracee.h"

#include <sys/mman.h>

#define PAGE 4096ul

typedef long (*call)(long number);

struct layout {
	size_t at; /* of the bytes, from the first page on */
	const char *bytes;
	size_t length;
	size_t entry; /* the function */
	int is_in_second; /* all of it */
};

#define BYTES(text) text, sizeof(text) - 1

static const struct layout layouts[] = {
	/* ret; nopl: room; mov %edi,%eax; syscall; ret; inc %rax; ret */
	{ PAGE - 8, BYTES("\xc3\x0f\x1f\x80\x00\x00\x00\x00"
			  "\x89\xf8\x0f\x05\xc3\x48\xff\xc0\xc3"), PAGE, 1 },
	/* mov $39,%eax; syscall; ret */
	{ PAGE - 2, BYTES("\xb8\x27\x00\x00\x00\x0f\x05\xc3"), PAGE - 2, 0 },
	{ PAGE - 5, BYTES("\xb8\x27\x00\x00\x00\x0f\x05\xc3"), PAGE - 5, 0 },
	/* xor %eax,%eax; mov $39,%al; syscall; cmp $-4095,%rax; ret */
	{ PAGE - 6, BYTES("\x31\xc0\xb0\x27\x0f\x05"
			  "\x48\x3d\x01\xf0\xff\xff\xc3"), PAGE - 6, 0 },
};

static const struct layout *layout;
static unsigned char before[2 * PAGE];
static long pid;

static void make_calls(unsigned char *code)
{
	for (int i = 0; i < 20; i++)
		check(((call)(code + layout->entry))(SYS_getpid) == pid);
}

/* Two pages, from which calls were made until they need no stop. */
static unsigned char *build(void)
{
	unsigned char *code = (unsigned char *)map_private(8 * PAGE);

	/* Others are beside neither. */
	sys(munmap(code, 2 * PAGE));
	sys(munmap(code + 4 * PAGE, 4 * PAGE));
	code += 2 * PAGE;
	memset(code, 0xf4, 2 * PAGE);
	memcpy(code + layout->at, layout->bytes, layout->length);
	memcpy(before, code, 2 * PAGE);
	sys(mprotect(code, 2 * PAGE, PROT_READ | PROT_EXEC));
	make_calls(code);
	return code;
}

static void check_page(const unsigned char *page, int number)
{
	check(!memcmp(page, before + number * PAGE, PAGE));
}

static void becomes_writable(int number)
{
	unsigned char *code = build(), *page = code + number * PAGE;

	sys(mprotect(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	check_page(code, 0);
	check_page(code + PAGE, 1);
	make_calls(code);
	sys(munmap(code, 2 * PAGE));
}

/* The first or second page is none of ours any more. */
static void one_is_left(unsigned char *code, int gone)
{
	check_page(code + !gone * PAGE, !gone);
	if (layout->is_in_second && !gone)
		make_calls(code);
	sys(munmap(code, 2 * PAGE));
}

static void goes(int number)
{
	unsigned char *code = build();

	sys(munmap(code + number * PAGE, PAGE));
	one_is_left(code, number);
}

static void is_replaced(int number)
{
	unsigned char *code = build(), *page = code + number * PAGE;

	check(mmap(page, PAGE, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page);
	one_is_left(code, number);
}

static void is_moved_over(int number)
{
	unsigned char *code = build(), *page = code + number * PAGE;
	char *other = map_private(PAGE);

	check(mremap(other, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page) ==
	      page);
	one_is_left(code, number);
}

static void is_moved(int number)
{
	unsigned char *code = build(), *page = code + number * PAGE;
	unsigned char *to = (unsigned char *)map_private(PAGE);

	check(mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	      to);
	check_page(to, number);
	if (layout->is_in_second && number)
		make_calls(to - PAGE);
	sys(munmap(to, PAGE));
	one_is_left(code, number);
}

static void are_moved(void)
{
	unsigned char *code = build(), *to = (unsigned char *)map_private(
		2 * PAGE);

	check(mremap(code, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		     to) == to);
	check_page(to, 0);
	check_page(to + PAGE, 1);
	make_calls(to);
	sys(munmap(to, 2 * PAGE));
}

static void shrinks(void)
{
	unsigned char *code = build(), *to;

	check(mremap(code, 2 * PAGE, PAGE, 0) == code);
	one_is_left(code, 1);
	code = build();
	to = (unsigned char *)map_private(2 * PAGE);
	check(mremap(code, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	      to);
	one_is_left(to, 1);
}

int main(void)
{
	pid = getpid();
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		layout = &layouts[i];
		for (int number = 0; number < 2; number++) {
			becomes_writable(number);
			goes(number);
			is_replaced(number);
			is_moved_over(number);
			is_moved(number);
		}
		are_moved();
		shrinks();
	}
	return success();
}
