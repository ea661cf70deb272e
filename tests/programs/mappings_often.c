/* SPDX-License-Identifier: MIT */
/*
 * Calls that change the address space, so often that their instructions are
 * replaced: what is mapped, cut, protected and given back is as the kernel says,
 * and code, files and shared memory in between are not mixed up with it.
 */
#include "filtering.h"

#define ROUNDS 12
#define PAGE 4096ul
#define SEVERAL 300 /* more than are remembered */

static char *map(size_t length, int protection)
{
	return sys(mmap(NULL, length, protection, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0));
}

static int is_mapped(const char *page)
{
	unsigned char in_core;

	return !mincore((void *)page, PAGE, &in_core);
}

/* Cut in the middle, at its ends, and made whole again. */
static void cut(int round)
{
	char *memory = map(8 * PAGE, PROT_READ | PROT_WRITE);

	for (int i = 0; i < 8; i++)
		memory[i * PAGE] = (char)(round + i);
	sys(munmap(memory + 3 * PAGE, 2 * PAGE));
	check(!is_mapped(memory + 3 * PAGE) && is_mapped(memory + 5 * PAGE));
	sys(munmap(memory, PAGE));
	sys(munmap(memory + 7 * PAGE, 1));
	check(memory[2 * PAGE] == round + 2 && memory[6 * PAGE] == round + 6);
	/* Holes, too, may be unmapped. */
	sys(munmap(memory, 8 * PAGE));
	check(!is_mapped(memory + 2 * PAGE));
	fails(munmap(memory + 1, PAGE), EINVAL);
	fails(munmap(memory, 0), EINVAL);
}

static void protect(int round)
{
	char *memory = map(4 * PAGE, PROT_NONE), *other;

	sys(mprotect(memory + PAGE, 2 * PAGE, PROT_READ | PROT_WRITE));
	memory[PAGE] = (char)round;
	sys(mprotect(memory + PAGE, PAGE, PROT_READ));
	check(memory[PAGE] == round && !memory[2 * PAGE]);
	fails(syscall(SYS_read, -1, memory, 1), EBADF);
	check(write(-1, memory + PAGE, 1) < 0);
	sys(munmap(memory + 3 * PAGE, PAGE));
	fails(mprotect(memory, 4 * PAGE, PROT_READ), ENOMEM);
	check(!memory[0]);
	/* What becomes its neighbour is one with it for these calls. */
	other = map(PAGE, PROT_READ | PROT_WRITE);
	other[0] = 1;
	sys(munmap(memory, 3 * PAGE));
	sys(munmap(other, PAGE));
}

static void advise(int round)
{
	char *memory = map(3 * PAGE, PROT_READ | PROT_WRITE);

	memset(memory, round + 1, 3 * PAGE);
	sys(madvise(memory + PAGE, PAGE, MADV_DONTNEED));
	check(memory[0] == round + 1 && !memory[PAGE]);
	sys(madvise(memory, PAGE, MADV_SEQUENTIAL));
	sys(madvise(memory, PAGE, MADV_FREE));
	memory[1] = 7;
	check(memory[1] == 7 && memory[2 * PAGE] == round + 1);
	fails(madvise(memory, PAGE, 9999), EINVAL);
	sys(munmap(memory, 3 * PAGE));
}

/* Code where there was plain memory: it is called, and changed, and gone. */
static void code(int round)
{
	/* mov $round, %eax; xor %ecx, %ecx; ret */
	unsigned char bytes[] = { 0xb8, (unsigned char)round, 0, 0, 0,
				  0x31, 0xc9, 0xc3 };
	unsigned char *memory = (unsigned char *)map(2 * PAGE, PROT_READ |
						     PROT_WRITE);

	memcpy(memory, bytes, sizeof(bytes));
	sys(mprotect(memory, PAGE, PROT_READ | PROT_EXEC));
	check(((int (*)(void))memory)() == round);
	sys(mprotect(memory, PAGE, PROT_READ | PROT_WRITE));
	memory[1]++;
	sys(mprotect(memory, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	check(((int (*)(void))memory)() == round + 1);
	sys(munmap(memory, 2 * PAGE));
}

static void files(int fd, int round)
{
	char *memory = map(4 * PAGE, PROT_READ | PROT_WRITE), *shared;

	sys(mmap(memory + PAGE, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_FIXED, fd, 0));
	shared = sys(mmap(memory + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, fd, PAGE));
	memory[PAGE]++;
	shared[0] = (char)round;
	check(pread(fd, memory, 1, PAGE) == 1 && memory[0] == round);
	sys(madvise(memory + PAGE, PAGE, MADV_DONTNEED));
	check(memory[PAGE] == 'f');
	sys(mprotect(memory, 4 * PAGE, PROT_READ));
	check(memory[PAGE] == 'f' && shared[0] == round);
	sys(munmap(memory, 4 * PAGE));
}

static void moved(int round)
{
	char *memory = map(2 * PAGE, PROT_READ | PROT_WRITE), *to;

	memory[0] = (char)round;
	to = sys(mremap(memory, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE));
	check(to[0] == round && !to[63 * PAGE]);
	to[63 * PAGE] = 1;
	to = sys(mremap(to, 64 * PAGE, PAGE, 0));
	check(to[0] == round && !is_mapped(to + PAGE));
	sys(munmap(to, PAGE));
}

static void heap(int round)
{
	char *start = sys(sbrk(0)), *now;

	for (int i = 1; i < 5; i++) {
		now = sys(sbrk(1000 + 3000 * round));
		memset(now, i, 1000 + 3000 * round);
	}
	check(start[0] == 1);
	sys(brk(start));
	check(sbrk(0) == start);
	now = sys(sbrk(3 * PAGE));
	check(now == start && !now[2 * PAGE]);
	sys(mprotect((char *)(((uintptr_t)now + PAGE - 1) & -PAGE), PAGE,
		     PROT_READ | PROT_EXEC));
	sys(brk(start));
}

/* In one process without what the other has. */
static void forked(int round)
{
	char *memory = map(4 * PAGE, PROT_READ | PROT_WRITE);
	pid_t child;

	memory[0] = memory[PAGE] = (char)round;
	sys(madvise(memory + PAGE, PAGE, MADV_DONTFORK));
	child = sys(fork());
	if (!child) {
		check(memory[0] == round && !is_mapped(memory + PAGE));
		for (int i = 0; i < 20; i++) {
			char *own = map(PAGE, PROT_READ | PROT_WRITE);

			own[0] = 1;
			check(getppid() > 0 && is_mapped(own));
		}
		sys(munmap(memory, 4 * PAGE));
		_exit(0);
	}
	check(await(child) == 0);
	check(memory[PAGE] == round);
	sys(munmap(memory, 4 * PAGE));
}

static void *in_thread(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		cut(i);
		advise(i);
	}
	return argument;
}

static void many(void)
{
	static char *memory[SEVERAL];

	for (int i = 0; i < SEVERAL; i++) {
		memory[i] = map(2 * PAGE, PROT_READ | PROT_WRITE);
		memory[i][0] = (char)i;
		sys(munmap(memory[i] + PAGE, PAGE));
	}
	for (int i = 0; i < SEVERAL; i += 2)
		sys(munmap(memory[i], PAGE));
	for (int i = 1; i < SEVERAL; i += 2) {
		check(memory[i][0] == (char)i);
		sys(mprotect(memory[i], PAGE, PROT_READ));
		sys(munmap(memory[i], PAGE));
	}
}

int main(void)
{
	int fd = memfd("file", 0);
	pthread_t thread;

	sys(ftruncate(fd, 2 * PAGE));
	check(pwrite(fd, "f", 1, 0) == 1);
	for (int round = 0; round < ROUNDS; round++) {
		cut(round);
		protect(round);
		advise(round);
		code(round);
		files(fd, round);
		moved(round);
		heap(round);
		forked(round);
		say("round %d\n", round);
	}
	/* A filter that lets all this through changes nothing. */
	sys(INSTALL(SECCOMP_RET_ALLOW, 0, { SYS_sync, SECCOMP_RET_ERRNO }));
	for (int round = 0; round < ROUNDS; round++) {
		cut(round);
		protect(round);
		advise(round);
		heap(round);
	}
	check(!pthread_create(&thread, NULL, in_thread, NULL));
	in_thread(NULL);
	check(!pthread_join(thread, NULL));
	many();
	fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0), EBADF);
	fails(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	      EINVAL);
	return success();
}
