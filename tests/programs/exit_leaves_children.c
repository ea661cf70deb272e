/* SPDX-License-Identifier: MIT */
/* The first process ends while children still run; they are recorded on. */
#include "tracee.h"

int main(void)
{
	for (int i = 0; i < 3; i++)
		if (sys(fork()) == 0) {
			sleep_ms(20 + 10 * i);
			say("child %d ends last\n", i);
			_exit(i);
		}
	return success();
}
