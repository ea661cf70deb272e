/* SPDX-License-Identifier: MIT */
/*
 * Memory below 2 GiB that the program asks for by address, by a wish, or lets
 * the kernel choose: reel keeps some of it, and gives away none of that.
 */
#include "tracee.h"

#include <sys/shm.h>

#define LOW 0x6ff00000UL
#define HIGH 0x70600000UL
#define PAGE 4096

static int touched;

static void *ask(unsigned long address, size_t length, int flags)
{
	return mmap((void *)address, length, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

/* Two pages that the program has can be written. */
static void use(char *memory, size_t length)
{
	memory[0] = 1;
	memory[length - 1] = 2;
	check(memory[0] == 1);
	touched++;
	getppid();
	check(memory[length - 1] == 2);
}

static void ask_for_page(unsigned long address)
{
	char *memory = ask(address, PAGE, MAP_FIXED_NOREPLACE);

	if (memory == MAP_FAILED) {
		check(errno == EEXIST || errno == ENOMEM);
	} else {
		check(memory == (char *)address);
		use(memory, PAGE);
		sys(munmap(memory, PAGE));
	}
	/* What is taken is given elsewhere. */
	memory = sys(ask(address, PAGE, 0));
	use(memory, PAGE);
	sys(munmap(memory, PAGE));
}

static void attach_and_move(unsigned long address)
{
	int id = sys(shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600));
	char *segment = shmat(id, (void *)address, 0), *memory;

	sys(shmctl(id, IPC_RMID, NULL));
	if (segment != (void *)-1) {
		use(segment, PAGE);
		sys(shmdt(segment));
	}
	memory = sys(ask(address, PAGE, 0));
	memory = sys(mremap(memory, PAGE, 3 * PAGE, MREMAP_MAYMOVE));
	use(memory, 3 * PAGE);
	sys(munmap(memory, 3 * PAGE));
}

/* The kernel fills what there is below 2 GiB, down to the smallest gap. */
static void fill(size_t length)
{
	char *memory;

	while ((memory = ask(0, length, MAP_32BIT)) != MAP_FAILED)
		use(memory, length);
	check(errno == ENOMEM);
}

int main(void)
{
	for (unsigned long address = LOW; address < HIGH; address += 7 * PAGE) {
		ask_for_page(address);
		attach_and_move(address);
	}
	say("%s\n", touched > 100 ? "pages were given" : "none was given");
	for (size_t length = 64 << 20; length >= 64 << 10; length /= 2)
		fill(length);
	return success();
}
