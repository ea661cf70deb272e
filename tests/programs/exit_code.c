/* SPDX-License-Identifier: MIT */
/* EXPECT-STATUS 213: the exit status is handed through. */
#include "tracee.h"

int main(void)
{
	success();
	return 213;
}
