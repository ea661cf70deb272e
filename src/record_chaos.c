/* SPDX-License-Identifier: MIT */
/*
 * Chaos: turns, priorities and delays of signals at random, to bring about what
 * a fair schedule rarely does.  Races want a thread to be interrupted at a bad
 * moment (short turns of any length), or not to run for long (low priority,
 * for some time), or threads to go on in another order than they became ready.
 * Every such schedule is one that a kernel could have chosen.
 *
 * The seed makes the same choices again, but not at the same moments of the
 * program: it is the trace that repeats a recording.
 */
#include "src/record_chaos.h"

#include <sys/syscall.h>

#define SHORTEST_NS 30000ull	  /* turns: this and its doubles */
#define DOUBLINGS 10u
#define EVENT_DOUBLINGS 6u	  /* and of events in a turn */
#define CHARACTER_NS 200000000ull /* a task keeps its priority so long */
#define DEMOTED_NS 20000000ull	  /* low after its turn */
#define LOW_OF 4u		  /* one in so many tasks has a low one */
#define HELD_OF 2u		  /* of these, so many do not run at all */
#define CUT_OF 8u		  /* turns that end after few instructions */
#define UPSET_OF 8u		  /* so often priorities do not count */
#define HELD_TICK_NS 1000000ull	  /* to look whether it is over */
#define DELAY_NS 30000000ull	  /* of a signal, at most */

/* xorshift64* (Marsaglia, Vigna). */
static uint64_t draw(struct recorder *recorder)
{
	uint64_t state = recorder->chaos_state;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	recorder->chaos_state = state;
	return state * 0x2545f4914f6cdd1dull >> 32;
}

static uint64_t below(struct recorder *recorder, uint64_t limit)
{
	return draw(recorder) % limit;
}

void record_chaos_init(struct recorder *recorder)
{
	uint64_t seed = recorder->options->chaos_seed;

	/* Neighbouring seeds shall differ in all bits; 0 is no state. */
	recorder->chaos_state = (seed + 1) * 0x9e3779b97f4a7c15ull | 1;
	for (int i = 0; i < 8; i++)
		draw(recorder);
}

static int is_low(struct recorder *recorder, struct record_task *task,
		  uint64_t now)
{
	if (now >= task->chaos_until_ns) {
		task->chaos_until_ns = now + below(recorder, CHARACTER_NS);
		task->chaos_is_low = below(recorder, LOW_OF) == 0;
		task->chaos_is_held = task->chaos_is_low &&
				      below(recorder, HELD_OF) == 0;
	}
	return task->chaos_is_low;
}

static struct record_task *pick_ready(struct recorder *recorder)
{
	int is_upset = below(recorder, UPSET_OF) == 0;
	struct record_task *picked = NULL;
	uint64_t now = now_ns();
	unsigned count = 0, high = 0;

	for (struct record_task *task = recorder->ready_first; task;
	     task = task->next_ready) {
		int low = is_low(recorder, task, now) && !is_upset;

		if (task->chaos_is_held) {
			recorder_tick_in(HELD_TICK_NS);
			continue;
		}
		/* Each of those that count is as likely as the others. */
		if (!low && high++ == 0)
			count = 0, picked = NULL;
		if (low && high)
			continue;
		if (below(recorder, ++count) == 0)
			picked = task;
	}
	return picked;
}

/* So that others may get far before it goes on. */
static void demote(struct recorder *recorder, struct record_task *task)
{
	if (below(recorder, 2))
		return;
	task->chaos_until_ns = now_ns() + below(recorder, DEMOTED_NS);
	task->chaos_is_low = 1;
	task->chaos_is_held = 0;
}

struct record_task *record_chaos_pick(struct recorder *recorder)
{
	struct record_task *current = recorder->current, *picked;

	if (current && current->is_queued && current->chaos_events &&
	    record_turn_left(current, current->chaos_slice_ns)) {
		current->chaos_events--;
		return current;
	}
	if (current && current->is_queued)
		demote(recorder, current);
	picked = pick_ready(recorder);
	if (!picked)
		return NULL;
	record_mark_time(picked, &picked->turn_began);
	picked->chaos_slice_ns = SHORTEST_NS << below(recorder, DOUBLINGS);
	picked->chaos_slice_ns += below(recorder, picked->chaos_slice_ns);
	picked->chaos_is_cut = below(recorder, CUT_OF) == 0;
	picked->chaos_events =
		(unsigned)below(recorder,
				1ull << below(recorder, EVENT_DOUBLINGS));
	return picked;
}

uint64_t record_chaos_delay(struct recorder *recorder)
{
	if (!recorder->options->is_chaotic || below(recorder, 2))
		return 0;
	return below(recorder, DELAY_NS);
}

/*
 * A signal may come later than at this call, which does not wait: one that does
 * must be interrupted.
 */
int record_chaos_holds(const struct recorder *recorder,
		       struct record_task *task)
{
	const uint64_t *values = task->entry.value;
	uint64_t arguments[SYSCALL_ARGUMENTS] = {
		values[R_RDI], values[R_RSI], values[R_RDX], values[R_R10],
		values[R_R8], values[R_R9],
	};
	struct syscall_call call;

	if (!recorder->options->is_chaotic ||
	    now_ns() - task->withheld->since_ns >= task->withheld->delay_ns)
		return 0;
	syscall_enter(&call, (int)values[R_ORIG_RAX], arguments,
		      &space_of(task)->memory);
	return call.row && syscall_blocking_of(&call) == BLOCKING_NEVER;
}
