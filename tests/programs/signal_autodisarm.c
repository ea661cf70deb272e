/* SPDX-License-Identifier: MIT */
/* SS_AUTODISARM: the alternate stack is off while a handler runs on it. */
#include "tracee.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static volatile sig_atomic_t flags_inside;

static void handler(int number)
{
	stack_t now;

	(void)number;
	sys(sigaltstack(NULL, &now));
	flags_inside = now.ss_flags;
}

int main(void)
{
	stack_t stack = { .ss_size = 65536, .ss_flags = SS_AUTODISARM }, now;

	stack.ss_sp = map_private(65536);
	sys(sigaltstack(&stack, NULL));
	handle_flags(SIGUSR1, handler, SA_ONSTACK);
	raise(SIGUSR1);
	check(flags_inside == SS_DISABLE);
	sys(sigaltstack(NULL, &now));
	check(now.ss_sp == stack.ss_sp);
	return success();
}
