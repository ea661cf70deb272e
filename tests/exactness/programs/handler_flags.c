/* SPDX-License-Identifier: MIT */
/*
 * The ways to set up a handler.
 *
 * levels: O2
 * variants: reset nodefer alternate alternate_dead plain masked
 */
#include "strike.h"

static volatile int inside;
static struct sigaction action;

/*
 * Not each millisecond by itself: between the reset, when the kernel takes the
 * signal, and the handler's mask, the next one would be deadly.
 */
static void once_in(suseconds_t microseconds)
{
	const struct itimerval once = { .it_value = { 0, microseconds } };

	sys(setitimer(ITIMER_REAL, &once, NULL));
}

static void again(int signal, siginfo_t *info, void *context)
{
	strike(signal, info, context);
	sys(sigaction(SIGALRM, &action, NULL));
	once_in(1000);
}

static void slowly(int signal, siginfo_t *info, void *context)
{
	progress_within = (uint64_t)inside++;
	strike(signal, info, context);
	for (int i = 0; i < 12000000 && !strikes_over && inside < 4; i++)
		progress++;
	inside--;
}

static void plainly(int signal)
{
	(void)signal;
	if (++strike_count >= strikes_wanted)
		strikes_over = 1;
	strikes[strike_count - 1].first = progress;
}

static void on_stack_of_its_own(void)
{
	stack_t stack = { .ss_size = 65536 };

	stack.ss_sp = map_private(stack.ss_size);
	sys(sigaltstack(&stack, NULL));
}

/* As nothing else uses the stack, this is where the counter may be. */
static void count_below_the_stack(void)
{
	__asm__ volatile("movq $0, -2000(%%rsp)\n"
			 "1: incq -2000(%%rsp)\n"
			 "cmpl $0, %1\n"
			 "je 1b\n"
			 "mov -2000(%%rsp), %0\n"
			 : "=r"(progress)
			 : "m"(strikes_over)
			 : "cc", "memory");
}

int main(int argc, char **argv)
{
	uint64_t value = 1;

	strikes_begin();
	action.sa_sigaction = strike;
	action.sa_flags = SA_SIGINFO;
	if (is_variant("reset")) {
		action.sa_sigaction = again;
		action.sa_flags |= SA_RESETHAND;
	} else if (is_variant("nodefer")) {
		action.sa_sigaction = slowly;
		action.sa_flags |= SA_NODEFER;
	} else if (is_variant("masked")) {
		sigfillset(&action.sa_mask);
	} else if (is_variant("plain")) {
		action.sa_handler = plainly;
		action.sa_flags = 0;
	} else {
		on_stack_of_its_own();
		action.sa_flags |= SA_ONSTACK;
	}
	if (is_variant("reset"))
		once_in(0); /* never */
	sys(sigaction(SIGALRM, &action, NULL));
	if (is_variant("reset"))
		once_in(1000);
	if (is_variant("alternate_dead"))
		count_below_the_stack();
	while (!strikes_over)
		value = value * 6364136223846793005 + 1;
	action.sa_flags = 0;
	action.sa_handler = SIG_IGN;
	sys(sigaction(SIGALRM, &action, NULL));
	strikes_end();
	say("%llu, %llu\n", (unsigned long long)value,
	    (unsigned long long)progress);
	return success();
}
