/* SPDX-License-Identifier: MIT */
/* EXPECT-STATUS 143: the first process itself dies of SIGTERM. */
#include "tracee.h"

int main(void)
{
	success();
	raise(SIGTERM);
	return 1;
}
