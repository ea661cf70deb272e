/* SPDX-License-Identifier: MIT */
/*
 * Processes that execute new code all the time, while others want to run: a
 * turn may end at the very instruction that executes a page for the first time.
 */
#include "tracee.h"

#define PAGE 4096
#define PROCESSES 4
#define TIMES 150

/* mov eax, edi; inc eax; ret */
static const unsigned char code[] = { 0x89, 0xf8, 0xff, 0xc0, 0xc3 };

static int run_new_code(int number)
{
	int (*function)(int), result;
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED);
	memcpy(memory, code, sizeof(code));
	memcpy(&function, &memory, sizeof(function));
	result = function(number);
	sys(munmap(memory, PAGE));
	return result;
}

static void run_often(void)
{
	for (int i = 0; i < TIMES; i++)
		check(run_new_code(i) == i + 1);
}

int main(void)
{
	for (int i = 0; i < PROCESSES; i++)
		if (!fork()) {
			run_often();
			_exit(0);
		}
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		check(wait(&status) > 0);
		check(status == 0);
	}
	return success();
}
