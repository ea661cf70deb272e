/* SPDX-License-Identifier: MIT */
/*
 * A page that is turned from writable to executable again and again, in a
 * process with many mappings (200, or argv[1]).
 */
#include "tracee.h"

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 200;
	char *all = sys(mmap(NULL, 2L * count * 4096, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			     0));
	char *page = map_private(4096);

	for (int i = 0; i < count; i++)
		sys(mprotect(all + 2L * i * 4096, 4096, PROT_READ));
	for (int i = 0; i < count; i++) {
		sys(mprotect(page, 4096, PROT_READ | PROT_WRITE));
		page[0] = '\xb8'; /* mov $i,%eax; ret */
		memcpy(page + 1, &i, 4);
		page[5] = '\xc3';
		sys(mprotect(page, 4096, PROT_READ | PROT_EXEC));
		check(((int (*)(void))page)() == i);
	}
	say("%d mappings\n", count);
	return success();
}
