/* SPDX-License-Identifier: MIT */
/* A handler on an alternate stack survives the overflow of the main one. */
#include <setjmp.h>

#include "tracee.h"

static sigjmp_buf back;
static char *stack;
static volatile long depth;

static void handler(int number, siginfo_t *info, void *context)
{
	char here;
	stack_t now;

	(void)number, (void)context, (void)info;
	check(&here > stack && &here < stack + 65536);
	sys(sigaltstack(NULL, &now));
	check(now.ss_flags & SS_ONSTACK);
	siglongjmp(back, 1);
}

static int deeper(int n)
{
	volatile char room[4096];

	room[0] = n;
	depth++;
	return n < 0 ? 0 : deeper(n + 1) + room[0];
}

int main(void)
{
	stack_t alternate = { .ss_size = 65536 }, old;
	struct rlimit limit = { 1 << 20, 1 << 20 };

	sys(setrlimit(RLIMIT_STACK, &limit));
	stack = alternate.ss_sp = map_private(65536);
	sys(sigaltstack(&alternate, &old));
	check(old.ss_flags == SS_DISABLE);
	handle_info(SIGSEGV, handler, SA_ONSTACK);
	if (sigsetjmp(back, 1) == 0)
		deeper(0);
	say("overflow after %ld calls\n", depth);
	check(depth > 100);
	return success();
}
