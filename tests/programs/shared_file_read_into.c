/* SPDX-License-Identifier: MIT */
/* read(2) of one shared mapping's file into another shared mapping. */
#include "tracee.h"

int main(void)
{
	char *one, *two;
	int a, b;

	scratch();
	a = make_file("a", "content of a", 12, 0600);
	b = make_file("b", "", 0, 0600);
	sys(ftruncate(b, 4096));
	one = sys(mmap(NULL, 4096, PROT_READ, MAP_SHARED, b, 0));
	two = sys(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, b, 0));
	check(pread(a, two + 10, 12, 0) == 12);
	check(!strcmp(one + 10, "content of a"));
	check(write(a, one + 10, 7) == 7);
	check(pread(a, two + 200, 100, 0) == 19);
	check(!strcmp(one + 200, "content of acontent"));
	return success();
}
