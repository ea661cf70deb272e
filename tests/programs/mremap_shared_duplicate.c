/* SPDX-License-Identifier: MIT */
/* mremap of a shared mapping with old size 0 makes a second view of it. */
#include "tracee.h"

int main(void)
{
	char *one = map_shared(8192), *two;

	strcpy(one + 4096, "same");
	two = sys(mremap(one, 0, 8192, MREMAP_MAYMOVE));
	check(two != one && !strcmp(two + 4096, "same"));
	strcpy(two, "both ways");
	check(!strcmp(one, "both ways"));
	say("views %p %p\n", (void *)one, (void *)two);
	return success();
}
