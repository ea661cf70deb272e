/* SPDX-License-Identifier: MIT */
/* A library with a variable of each thread's own. */
static __thread int before[7];
__thread int in_module = 5;
__thread char never_used[4096];

int bump(int number)
{
	in_module += number; /* MARK bump */
	before[0] = number;
	return in_module;
}
