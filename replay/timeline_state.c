/* SPDX-License-Identifier: MIT */
/*
 * Places in the middle of computing.  A checkpoint that is taken there is known
 * by its state, which is the same only once: what has the same state has the
 * same future.  (A loop that waits without changing anything has it on every
 * pass, and each is as good as the other.)
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <xxhash.h>

#include "replay/inspect.h"
#include "replay/point_trap.h"
#include "replay/timeline_run.h"
#include "src/memory_digest.h"
#include "src/process_maps.h"
#include "traces/report.h"

#define VECTORS_START 32u /* of the XSAVE area: x87, SSE */
#define VECTORS_END 416u
#define PAGE 4096ul
#define RED_ZONE 128u
#define STEPS_ASIDE 64u /* to a place where a trap can be */
#define LOOKED_THROUGH ((uint64_t)64 << 20)

/* ---- states ---- */

int run_get_state(struct run *run, struct debug_state *state_out)
{
	uint8_t vectors[EXTENDED_STATE_LENGTH];
	struct memory_digest digest;
	ssize_t length = task_get_xstate(&run->task->task, vectors);

	if (length < (ssize_t)VECTORS_END ||
	    memory_digest(&run->task->task, 0,
			  &run->task->registers.value[R_RSP], 1, &digest))
		return report(-EIO, "digest the memory of task %u",
			      run->task->task.serial);
	memset(state_out, 0, sizeof(*state_out));
	state_out->registers = run->task->registers;
	state_out->vectors = XXH3_64bits(vectors + VECTORS_START,
					 VECTORS_END - VECTORS_START);
	state_out->memory = digest.hash;
	return 0;
}

static int same_registers(const struct registers *a, const struct registers *b)
{
	for (int i = 0; i < R_COUNT; i++) {
		uint64_t other = a->value[i] ^ b->value[i];

		if (i == R_EFLAGS)
			other &= ~(uint64_t)EFLAGS_RESUME;
		if (i != R_ORIG_RAX && other)
			return 0;
	}
	return 1;
}

int run_is_in_state(struct run *run, const struct debug_state *state)
{
	struct debug_state now;

	return same_registers(&run->task->registers, &state->registers) &&
	       !run_get_state(run, &now) && now.vectors == state->vectors &&
	       now.memory == state->memory;
}

/* ---- checkpoints ---- */

/* What the pass is to meet there. */
static int is_awaited(struct run *run, remote_addr rip)
{
	const struct leg *leg = run_next_leg(run->timeline);

	if (run_counts(run) && rip == run->timeline->count_at)
		return 1;
	if (leg && ((leg->kind == LEG_BREAK && leg->address == rip) ||
		    (leg->kind == LEG_STATE &&
		     leg->state.registers.value[R_RIP] == rip)))
		return 1;
	return (run->trap && run->trap->rip == rip) ||
	       breakpoints_at(&run->timeline->breakpoints,
			      run->task->recorded_tgid,
			      inspect_program_place(run->task));
}

static int is_patchable(struct run *run, remote_addr rip)
{
	if (run->trap && rip - run->trap->rip < CODE_REPLACED_MAX)
		return 0;
	return code_patch_length(&run->task->task.space->memory, rip) > 0;
}

/* Steps to a place that can be found again soon; *is_there when it came. */
static int go_aside(struct run *run, int *is_there, int *is_natural)
{
	const uint64_t *rip = &run->task->registers.value[R_RIP];
	const struct leg *leg = run_next_leg(run->timeline);
	enum outcome outcome;
	int err;

	*is_there = 0;
	for (unsigned i = 0; i < STEPS_ASIDE; i++) {
		if (!run_is_in_block(run) && is_awaited(run, *rip))
			return 0;
		*is_there = !run_is_in_block(run) && is_patchable(run, *rip);
		if (*is_there)
			return 0;
		err = run_step_once(run, leg, &outcome);
		if (err)
			return err;
		if (outcome != OUTCOME_STEPPED) {
			*is_natural = 1;
			return 0;
		}
		if (run->watches)
			return run_meet_watches(run, leg);
	}
	return 0;
}

/* From here on, all is counted from this state. */
static void count_from(struct timeline *timeline, const struct leg *state)
{
	struct position *target = timeline->target, rest;
	size_t first = timeline->now.leg_count;

	if (target && target->event == timeline->now.event) {
		rest = *target;
		target->leg_count = 1;
		target->legs[0] = *state;
		if (first < rest.leg_count)
			rest.legs[first].count -= timeline->leg_hits;
		for (size_t i = first; i < rest.leg_count; i++)
			target->legs[target->leg_count++] = rest.legs[i];
	}
	timeline->now.legs[0] = *state;
	timeline->now.leg_count = 1;
	timeline->leg_hits = 0;
	breakpoints_count_anew(&timeline->breakpoints);
}

/* Without a leg to spare there is no room in the target for the state. */
static int has_room(const struct timeline *timeline)
{
	const struct position *target = timeline->target;

	return !target || target->event != timeline->now.event ||
	       target->leg_count < LEGS_MAX;
}

int run_take_checkpoint(struct run *run, int *is_natural)
{
	struct timeline *timeline = run->timeline;
	struct leg leg = { .kind = LEG_STATE, .count = 1 };
	int is_there, err;

	/*
	 * Where the replay looks for a point, a state could only be found by a
	 * stop on each pass.  The next event is soon.
	 */
	if ((run->trap && !run->is_own) || run->passes ||
	    !has_room(timeline) || !proc_is_ours())
		return 0;
	err = go_aside(run, &is_there, is_natural);
	if (err || *is_natural || !is_there)
		return err;
	if (run->trap) {
		point_trap_hide(run->trap);
		point_trap_clear_saved(run->trap);
	}
	err = run_get_state(run, &leg.state);
	if (err)
		return err;
	count_from(timeline, &leg);
	timeline_checkpoints_add(timeline, run->trap);
	return timeline_checkpoints_is_shot(timeline) ? REPLAY_STOPPED : 0;
}

/* ---- a trap for a leg's state ---- */

/* Enum register_name by the numbers that instructions have. */
static const uint8_t by_number[16] = {
	R_RAX, R_RCX, R_RDX, R_RBX, R_RSP, R_RBP, R_RSI, R_RDI,
	R_R8, R_R9, R_R10, R_R11, R_R12, R_R13, R_R14, R_R15,
};

#define FEW 16u /* arrivals that are met one by one */

/* What a trap of our own is for: a state, or so many passes. */
struct wanted {
	remote_addr rip;
	const struct registers *state;
	uint64_t passes;
};

/* Those that are another now first. */
static void add_register_tests(struct point_trap *trap,
			       const struct registers *then)
{
	const uint64_t *now = trap->task->registers.value;
	struct point_code *code = &trap->code;

	for (int is_same = 0; is_same < 2; is_same++)
		for (unsigned number = 0; number < 16; number++) {
			uint64_t value = then->value[by_number[number]];

			if ((now[by_number[number]] == value) == is_same)
				code->tests[code->test_count++] =
					(struct point_test){
						POINT_REGISTER, number, value,
					};
		}
}

int run_counts(const struct run *run)
{
	const struct timeline *timeline = run->timeline;

	return timeline->count_at &&
	       timeline->now.event == timeline->count_event;
}

int run_is_counted(const struct run *run, const struct leg *leg)
{
	return run->is_own && !run->is_plain && run->passes &&
	       leg->kind == LEG_BREAK && leg->address == run->own.rip;
}

static int write_counter(struct run *run, uint64_t left)
{
	return address_space_write(run->task->task.space,
				   run->own.code.block + POINT_COUNTER, &left,
				   sizeof(left));
}

/* What our own trap has counted since the last time. */
static void take_passes(struct run *run)
{
	uint64_t left, done;

	if (!run->passes ||
	    address_space_read(run->task->task.space,
			       run->own.code.block + POINT_COUNTER, &left,
			       sizeof(left)))
		return;
	done = run->passes - left;
	run->passes = left;
	if (run_counts(run))
		run->timeline->count += done;
	else
		run->timeline->leg_hits += done;
}

void run_remove_own_trap(struct run *run)
{
	if (!run->is_own)
		return;
	if (run->task->task.tid) {
		take_passes(run);
		point_trap_remove(&run->own);
	}
	run->is_own = run->is_plain = 0;
	run->passes = 0;
	run->trap = NULL;
}

static int set_own_trap(struct run *run, const struct wanted *wanted)
{
	struct point_trap *own = &run->own;
	int err;

	memset(own, 0, sizeof(*own));
	own->replayer = run->timeline->replayer;
	own->task = run->task;
	own->rip = wanted->rip;
	err = replay_peek(own->replayer, &own->event);
	if (err)
		return err;
	if (wanted->state)
		add_register_tests(own, wanted->state);
	else
		own->code.tests[own->code.test_count++].kind = POINT_COUNT;
	err = point_trap_set(own);
	if (err)
		return err;
	run->is_own = 1;
	run->is_plain = 0;
	run->trap = own;
	run->passes = 0;
	if (own->has_jump && wanted->passes &&
	    !write_counter(run, wanted->passes))
		run->passes = wanted->passes;
	if (own->has_jump && run->passes == wanted->passes)
		return 0;
	run_remove_own_trap(run);
	run->is_without_own = 1;
	return 0;
}

/* What a trap of our own would be for; false: for nothing. */
static int is_wanted(const struct run *run, struct wanted *wanted)
{
	const struct timeline *timeline = run->timeline;
	const struct leg *leg = run_next_leg(timeline);

	*wanted = (struct wanted){ 0 };
	if (run_counts(run)) {
		wanted->rip = timeline->count_at;
		wanted->passes = UINT64_MAX / 2;
	} else if (leg && leg->kind == LEG_STATE) {
		wanted->state = &leg->state.registers;
		wanted->rip = wanted->state->value[R_RIP];
	} else if (leg && leg->kind == LEG_BREAK &&
		   leg->count - timeline->leg_hits > FEW) {
		wanted->rip = leg->address;
		wanted->passes = leg->count - timeline->leg_hits;
	}
	return wanted->rip && !replay_is_reserved(wanted->rip, 1);
}

int run_choose_own_trap(struct run *run)
{
	remote_addr rip = run->task->registers.value[R_RIP];
	struct wanted wanted;
	int is = is_wanted(run, &wanted);

	if (run->is_own && (!is || wanted.rip != run->own.rip)) {
		run_remove_own_trap(run);
		run->is_without_own = 0;
	}
	if (!is || run->trap || run->is_without_own || run->is_stepping ||
	    run->timeline->mode == PASS_COUNTS)
		return 0;
	/* In the middle of what would be replaced it must not be. */
	if (rip != wanted.rip && rip - wanted.rip < CODE_REPLACED_MAX) {
		run->is_stepping |= !is_awaited(run, rip);
		return 0;
	}
	return set_own_trap(run, &wanted);
}

/* ---- what tells its passes apart ---- */

/* The first words of the page that differ; false when none does. */
static int find_in_page(struct run *run, struct replay_task *then,
			remote_addr page, remote_addr from,
			struct point_test *test)
{
	uint64_t now[PAGE / 8], other[PAGE / 8];

	if (address_space_read(run->task->task.space, page, now, PAGE) ||
	    address_space_read(then->task.space, page, other, PAGE))
		return 0;
	for (size_t i = 0; i < PAGE / 8; i++) {
		if (page + i * 8 < from || now[i] == other[i])
			continue;
		*test = (struct point_test){ POINT_WORD, page + i * 8,
					     other[i] };
		return 1;
	}
	return 0;
}

static int find_in_memory(struct run *run, struct replay_task *then,
			  struct point_test *test)
{
	remote_addr live = run->task->registers.value[R_RSP] - RED_ZONE;
	uint64_t left = LOOKED_THROUGH;
	struct process_maps maps;
	int is_found = find_in_page(run, then, live & ~(PAGE - 1), live, test);

	if (is_found || process_maps_read(run->task->task.tid, &maps))
		return is_found;
	for (size_t i = maps.count; i-- > 0 && !is_found;) {
		const struct process_map *map = &maps.maps[i];
		remote_addr from = map->start;

		if (map->is_shared || !(map->protection & PROT_WRITE) ||
		    replay_is_reserved(map->start, map->end - map->start))
			continue;
		if (live > map->start && live < map->end)
			from = live;
		for (remote_addr page = from & ~(PAGE - 1);
		     page < map->end && left && !is_found; page += PAGE) {
			left -= PAGE;
			is_found = find_in_page(run, then, page, from, test);
		}
	}
	process_maps_deinit(&maps);
	return is_found;
}

/* It is in that state but for something else, which is compared from now on. */
static int tell_apart(struct run *run, const struct leg *leg)
{
	struct point_test test = { POINT_FLAGS, 0,
				   leg->state.registers.value[R_EFLAGS] };
	struct replay_task *then =
		timeline_checkpoints_task(run->timeline, &leg->state,
					  run->task->task.serial);
	uint64_t other = run->task->registers.value[R_EFLAGS] ^ test.value;
	int is_found = (other & 0x8d5) != 0, err = 0;

	if (!is_found)
		is_found = then && find_in_memory(run, then, &test);
	point_trap_show(&run->own);
	if (is_found)
		err = point_trap_add_test(&run->own, &test);
	return err ? err : point_trap_go_on(&run->own);
}

/* Cheaper than a digest when it is another one. */
static int differs(struct run *run, const struct leg *leg)
{
	struct replay_task *then =
		timeline_checkpoints_task(run->timeline, &leg->state,
					  run->task->task.serial);
	struct point_test test;

	return !same_registers(&run->task->registers, &leg->state.registers) ||
	       (then && find_in_memory(run, then, &test));
}

/* A fault or a call of the program's own, where that is. */
static void leave_own_code(struct run *run)
{
	uint64_t *rip = &run->task->registers.value[R_RIP];
	uint64_t after = status_is_syscall(run->status) ? 2 : 0;

	if (WIFSTOPPED(run->status) && run_is_in_block(run))
		*rip = point_code_origin(&run->own.code, *rip - after) + after;
}

int run_meet_own_trap(struct run *run, int *is_natural)
{
	const struct leg *leg = run_next_leg(run->timeline);
	enum point_stop stop;
	int err = point_trap_take(&run->own, run->status, &stop);

	if (err || stop == POINT_STOP_DONE)
		return err;
	if (stop == POINT_STOP_OTHER) {
		leave_own_code(run);
		*is_natural = 1;
		return 0;
	}
	if (run->passes) {
		/* The last arrival, of those of the leg. */
		run->is_stepping = 1;
		run_remove_own_trap(run);
		return run_end_leg(run->timeline, leg);
	}
	point_trap_hide(&run->own);
	if (differs(run, leg) || !run_is_in_state(run, &leg->state))
		return tell_apart(run, leg);
	run_remove_own_trap(run);
	return run_end_leg(run->timeline, leg);
}
