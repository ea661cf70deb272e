/* SPDX-License-Identifier: MIT */
/* Handlers left by siglongjmp a hundred times; the mask comes back. */
#include <setjmp.h>

#include "tracee.h"

static sigjmp_buf back;

static void handler(int number)
{
	siglongjmp(back, number);
}

int main(void)
{
	volatile int count = 0;
	sigset_t set;

	handle_flags(SIGUSR1, handler, 0);
	if (sigsetjmp(back, 1))
		count++;
	if (count < 100)
		raise(SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &set);
	check(!sigismember(&set, SIGUSR1) && count == 100);
	return success();
}
