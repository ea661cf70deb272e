/* SPDX-License-Identifier: MIT */
/* EXPECT-STATUS 139: the first process itself dies of a fault. */
#include "tracee.h"

int main(void)
{
	struct rlimit none = { 0, 0 };

	sys(setrlimit(RLIMIT_CORE, &none));
	success();
	*(volatile int *)24 = 1;
	return 1;
}
