/* SPDX-License-Identifier: MIT */
/* getcontext, makecontext and swapcontext: coroutines with signal masks. */
#include <ucontext.h>

#include "tracee.h"

static ucontext_t main_context, other_context;
static int steps;

static void other(void)
{
	for (int i = 0; i < 5; i++) {
		steps++;
		swapcontext(&other_context, &main_context);
	}
}

int main(void)
{
	getcontext(&other_context);
	other_context.uc_stack.ss_sp = map_private(65536);
	other_context.uc_stack.ss_size = 65536;
	other_context.uc_link = &main_context;
	sigaddset(&other_context.uc_sigmask, SIGUSR1);
	makecontext(&other_context, other, 0);
	for (int i = 0; i < 5; i++) {
		swapcontext(&main_context, &other_context);
		check(steps == i + 1);
	}
	return success();
}
