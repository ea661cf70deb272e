/* SPDX-License-Identifier: MIT */
/*
 * A program's seccomp filter as it is installed where the agent makes calls
 * (src/agent_layout.h).
 *
 * Calls from anywhere but the agent stop, by a filter of reel's that is older.
 * That stop must win, so the program's filter has nothing to say there: the
 * recorder, which has the filter, knows what it would.  When the call goes on,
 * the kernel asks the filters again, and by then the instruction pointer is one
 * that no program can have: SECCOMP_PASS_POINTER for a call that is made, or
 * SECCOMP_ANSWER_POINTER, whose low half is the verdict to give.  A call that
 * is death keeps its place, for a core file, and has the verdict in its sixth
 * argument, below SECCOMP_DEATH.
 *
 * The calls that the agent makes as the program would are judged by the
 * program's filter itself.  Those for its own purposes have another
 * instruction, at which few are allowed: what any program may know, and such as
 * do no more than what the filter allows whatever the arguments are.
 *
 * Pure code.
 */
#ifndef REEL_SECCOMP_WRAP_H
#define REEL_SECCOMP_WRAP_H

#include "src/seccomp_filter.h"

#define SECCOMP_ANSWER_POINTER 0xfffffffd00000000ul
#define SECCOMP_DEATH 0x7265656cu /* high half of the sixth argument */
#define SECCOMP_WRAP_MAX 112u

/* The filter in its wrap; returns the length, at most SECCOMP_WRAP_MAX more. */
size_t seccomp_wrap(const struct seccomp_filter *filter,
		    struct sock_filter *code_out);

/*
 * What a call can meet in this filter and those before it, by its number alone:
 * fills in allowed (it is made, and nothing else) and harmless (made, or
 * answered by an error).
 */
void seccomp_foresee(struct seccomp_filter *filter);
int seccomp_allows_always(const struct seccomp_filter *filter, int number);

#endif
