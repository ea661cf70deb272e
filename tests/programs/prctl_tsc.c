/* SPDX-License-Identifier: MIT */
/* PR_SET_TSC as the program's own: rdtsc raises SIGSEGV when it asks so. */
#include <setjmp.h>
#include <x86intrin.h>

#include "tracee.h"

static sigjmp_buf back;

static void handler(int number)
{
	siglongjmp(back, number);
}

int main(void)
{
	int value = -1;

	sys(prctl(PR_GET_TSC, &value));
	check(value == PR_TSC_ENABLE);
	check(__rdtsc() != 0);
	handle_flags(SIGSEGV, handler, 0);
	sys(prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	sys(prctl(PR_GET_TSC, &value));
	check(value == PR_TSC_SIGSEGV);
	if (sigsetjmp(back, 1) == 0) {
		__rdtsc();
		check(!"rdtsc must trap");
	}
	sys(prctl(PR_SET_TSC, PR_TSC_ENABLE));
	check(__rdtsc() != 0);
	return success();
}
