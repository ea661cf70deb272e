/* SPDX-License-Identifier: MIT */
/* sa_mask, SA_NODEFER and SA_RESETHAND while handlers run. */
#include "tracee.h"

static volatile sig_atomic_t depth, deepest, runs, other_inside;

static void handler(int number)
{
	(void)number;
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (++runs < 3)
		raise(SIGUSR1);
	raise(SIGUSR2);
	depth--;
}

static void other(int number)
{
	(void)number;
	if (depth)
		other_inside = 1;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };

	handle_flags(SIGUSR2, other, 0);
	sigaddset(&action.sa_mask, SIGUSR2);
	sys(sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	check(deepest == 1 && other_inside == 0);
	deepest = runs = 0;
	action.sa_flags = SA_NODEFER;
	sys(sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	check(deepest == 3);
	action.sa_flags = SA_RESETHAND;
	action.sa_handler = other;
	sys(sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	sys(sigaction(SIGUSR1, NULL, &action));
	check(action.sa_handler == SIG_DFL);
	return success();
}
