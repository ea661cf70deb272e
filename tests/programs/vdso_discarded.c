/* SPDX-License-Identifier: MIT */
/*
 * The vDSO's pages are dropped (the kernel has them again), moved, and mapped
 * anew: what its functions answer is on the replay what it was.
 */
#include "tracee.h"
#include "vdso.h"

#ifndef ARCH_MAP_VDSO_64
#define ARCH_MAP_VDSO_64 0x2003
#endif

struct part {
	char *start;
	size_t length;
};

static struct part clocks[4], code; /* [vvar...] and [vdso] */
static int clock_count;

static void find_parts(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	check(maps != NULL);
	clock_count = 0;
	code.length = 0;
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;

		check(sscanf(line, "%lx-%lx", &start, &end) == 2);
		if (strstr(line, "[vdso]"))
			code = (struct part){ (char *)start, end - start };
		if (strstr(line, "[vvar") && clock_count < 4)
			clocks[clock_count++] = (struct part){ (char *)start,
							       end - start };
	}
	fclose(maps);
}

static ptrdiff_t gettime; /* from the code's start */

static void tell(const char *when)
{
	int (*function)(clockid_t, struct timespec *) =
		(void *)(code.start + gettime);
	struct timespec now;

	check(function(CLOCK_MONOTONIC, &now) == 0);
	say("%s: %ld.%09ld\n", when, now.tv_sec, now.tv_nsec);
}

static void discard(void)
{
	check(madvise(code.start, code.length, MADV_DONTNEED) == 0);
}

/* The code finds the clocks by their distance: all is moved by as much. */
static void move(void)
{
	size_t length = 1 << 20;
	char *lowest = code.start, *to;
	ptrdiff_t distance;

	for (int i = 0; i < clock_count; i++)
		if (clocks[i].start < lowest)
			lowest = clocks[i].start;
	to = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(to != MAP_FAILED);
	distance = to - lowest;
	for (int i = 0; i < clock_count; i++)
		check(mremap(clocks[i].start, clocks[i].length,
			     clocks[i].length, MREMAP_MAYMOVE | MREMAP_FIXED,
			     clocks[i].start + distance) != MAP_FAILED);
	check(mremap(code.start, code.length, code.length,
		     MREMAP_MAYMOVE | MREMAP_FIXED, code.start + distance) !=
	      MAP_FAILED);
	find_parts();
}

static void map_again(void)
{
	for (int i = 0; i < clock_count; i++)
		check(munmap(clocks[i].start, clocks[i].length) == 0);
	check(munmap(code.start, code.length) == 0);
	if (syscall(SYS_arch_prctl, ARCH_MAP_VDSO_64, 0x200000000) < 0) {
		say("this kernel maps it once\n");
		return;
	}
	find_parts();
	check(code.length != 0);
	tell("mapped again");
	discard();
	tell("mapped again and dropped");
}

int main(void)
{
	char *function;
	int status;
	pid_t child;

	find_parts();
	if (!code.length)
		skip("no vDSO");
	function = find_in_vdso(code.start, "__vdso_clock_gettime");
	if (!function)
		skip("this vDSO has no hash table");
	gettime = function - code.start;
	tell("at first");
	discard();
	tell("dropped");
	check(madvise(code.start, 4096, MADV_DONTNEED) == 0);
	tell("one page dropped");
	child = fork();
	check(child >= 0);
	if (!child) {
		discard();
		tell("dropped by a child");
		_exit(0);
	}
	check(waitpid(child, &status, 0) == child && status == 0);
	tell("in the parent");
	move();
	tell("moved");
	discard();
	tell("moved and dropped");
	map_again();
	return success();
}
