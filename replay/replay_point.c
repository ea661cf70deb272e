/* SPDX-License-Identifier: MIT */
/*
 * Points: the task runs until its state is the recorded one for the first time
 * (traces/event.h, EVENT_POINT).
 *
 * A trap at the place stops it only when what it compares is equal
 * (replay/point_trap.h).  When the state is another all the same, what differs
 * is compared from then on, too.
 */
#include "replay/point_trap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "src/memory_digest.h"
#include "src/process_maps.h"
#include "traces/report.h"

#define PAGE 4096ul
#define WORDS_FIRST 8u /* compared from the beginning */
#define FLAG_RESUME 0x10000u

/* Header, legacy FIP and FDP: they say how, not what. */
#define X87_POINTERS 6u
#define X87_POINTERS_END 24u
#define XSTATE_SOFTWARE 464u
#define XSTATE_HEADER_END 576u

/* What differs from the recorded state first, and whether code can test it. */
enum difference {
	DIFFERENCE_NONE,
	DIFFERENCE_TESTABLE,
	DIFFERENCE_OTHER,
};

/* ---- the state ---- */

/* Enum register_name by the numbers that instructions have. */
static const uint8_t by_number[16] = {
	R_RAX, R_RCX, R_RDX, R_RBX, R_RSP, R_RBP, R_RSI, R_RDI,
	R_R8, R_R9, R_R10, R_R11, R_R12, R_R13, R_R14, R_R15,
};

static enum difference compare_registers(const struct point_trap *trap,
					 struct point_test *test)
{
	const uint64_t *now = trap->task->registers.value;
	const uint64_t *then = trap->event->registers;

	for (unsigned i = 0; i < 16; i++)
		if (now[by_number[i]] != then[by_number[i]]) {
			*test = (struct point_test){ POINT_REGISTER, i,
						     then[by_number[i]] };
			return DIFFERENCE_TESTABLE;
		}
	for (int i = 0; i < R_COUNT; i++) {
		uint64_t mask = i == R_EFLAGS ? ~(uint64_t)FLAG_RESUME :
						~(uint64_t)0;

		if (i == R_ORIG_RAX || !((now[i] ^ then[i]) & mask))
			continue;
		*test = (struct point_test){ POINT_FLAGS, 0, then[i] };
		return i == R_EFLAGS ? DIFFERENCE_TESTABLE : DIFFERENCE_OTHER;
	}
	return DIFFERENCE_NONE;
}

static enum difference compare_input(const struct point_trap *trap,
				     const struct effect *effect,
				     struct point_test *test)
{
	const uint8_t *then = effect->bytes;
	uint8_t now[4096];
	size_t length = effect->length < sizeof(now) ? effect->length :
						       sizeof(now);
	size_t i = 0;

	if (address_space_read(trap->task->task.space, effect->address, now,
			       length))
		return DIFFERENCE_OTHER;
	while (i < length && now[i] == then[i])
		i++;
	if (i == length)
		return DIFFERENCE_NONE;
	if (length < 8)
		return DIFFERENCE_OTHER;
	if (i > length - 8)
		i = length - 8;
	test->kind = POINT_WORD;
	test->where = effect->address + i;
	memcpy(&test->value, then + i, 8);
	return DIFFERENCE_TESTABLE;
}

static enum difference compare_inputs(const struct point_trap *trap,
				      struct point_test *test)
{
	const struct event *event = trap->event;
	enum difference found = DIFFERENCE_NONE;

	for (size_t i = 0; i < event->effect_count && !found; i++)
		if (event->effects[i].kind == EFFECT_INPUT)
			found = compare_input(trap, &event->effects[i], test);
	return found;
}

/* Whether this byte of the XSAVE area is a part of the state. */
static int is_state(size_t offset)
{
	return !(offset >= X87_POINTERS && offset < X87_POINTERS_END) &&
	       !(offset >= XSTATE_SOFTWARE && offset < XSTATE_HEADER_END);
}

static enum difference compare_xstate(const struct point_trap *trap,
				      struct point_test *test)
{
	const struct effect *recorded =
		event_find_effect(trap->event, EFFECT_XSTATE);
	uint8_t now[EXTENDED_STATE_LENGTH];
	const uint8_t *then;
	ssize_t got;
	size_t length, i = 0;

	if (!recorded)
		return DIFFERENCE_NONE;
	then = recorded->bytes;
	got = task_get_xstate(&trap->task->task, now);
	if (got <= 0)
		return DIFFERENCE_OTHER;
	length = (size_t)got < recorded->length ? (size_t)got :
						  recorded->length;
	while (i < length && (now[i] == then[i] || !is_state(i)))
		i++;
	if (i == length)
		return DIFFERENCE_NONE;
	i &= ~(size_t)7;
	if (i + 8 > length || !point_code_can_test_xstate(i))
		return DIFFERENCE_OTHER;
	test->kind = POINT_XSTATE;
	test->where = i;
	memcpy(&test->value, then + i, 8);
	return DIFFERENCE_TESTABLE;
}

static int same_memory(const struct point_trap *trap)
{
	const struct event *event = trap->event;
	const struct effect *recorded = event_find_effect(event, EFFECT_DIGEST);
	remote_addr stacks[MEMORY_DIGEST_STACKS];
	struct memory_digest digest;
	size_t length;

	if (!proc_is_ours()) {
		if (!trap->replayer->is_memory_unseen)
			warn("/proc of this pid namespace is not mounted: "
			     "places between calls are found by registers and "
			     "some memory alone");
		trap->replayer->is_memory_unseen = 1;
		return 1;
	}
	if (!recorded)
		return 0;
	length = recorded->length < sizeof(stacks) ? recorded->length :
						     sizeof(stacks);
	memcpy(stacks, recorded->bytes, length);
	return !memory_digest_partial(&trap->task->task, stacks, length / 8,
				      &digest) &&
	       digest.hash == recorded->offset &&
	       digest.pages == recorded->extent;
}

/* How the task, which is stopped, differs from the point. */
static enum difference compare(struct point_trap *trap, struct point_test *test)
{
	enum difference found = compare_registers(trap, test);

	if (found)
		return found;
	point_trap_hide(trap);
	found = compare_inputs(trap, test);
	if (!found)
		found = compare_xstate(trap, test);
	if (!found && !same_memory(trap))
		found = DIFFERENCE_OTHER;
	if (found)
		point_trap_show(trap);
	return found;
}

/* ---- what the code tests ---- */

static void add_test(struct point_trap *trap, const struct point_test *test)
{
	struct point_code *code = &trap->code;

	if (code->test_count < POINT_TESTS_MAX)
		code->tests[code->test_count++] = *test;
}

static void add_registers(struct point_trap *trap, uint32_t with_changed)
{
	uint32_t changed = (uint32_t)trap->event->detail;

	for (unsigned number = 0; number < 16; number++)
		if ((changed >> by_number[number] & 1) == with_changed)
			add_test(trap, &(struct point_test){
				POINT_REGISTER, number,
				trap->event->registers[by_number[number]],
			});
}

/* What changes first, in the order in which the recorder saw it change. */
static void add_first_tests(struct point_trap *trap)
{
	const struct event *event = trap->event;
	struct point_test test = { .kind = POINT_WORD };
	unsigned count = 0;

	add_registers(trap, 1);
	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];

		if (effect->kind != EFFECT_INPUT || effect->length != 8 ||
		    ++count > WORDS_FIRST)
			continue;
		test.where = effect->address;
		memcpy(&test.value, effect->bytes, sizeof(test.value));
		add_test(trap, &test);
	}
	add_registers(trap, 0);
}

/* ---- all of it ---- */

static int find_point(struct point_trap *trap)
{
	struct point_test test;
	int err = point_trap_run(trap);

	while (!err) {
		enum difference found = compare(trap, &test);

		if (!found)
			break;
		if (found == DIFFERENCE_TESTABLE)
			err = point_trap_add_test(trap, &test);
		if (!err)
			err = point_trap_go_on(trap);
		if (!err)
			err = point_trap_run(trap);
	}
	return err;
}

int replay_point(struct replayer *replayer, struct replay_task *task,
		 const struct event *event)
{
	struct point_trap trap = {
		.replayer = replayer,
		.task = task,
		.event = event,
		.rip = event->registers[R_RIP],
	};
	struct point_test test;
	int err = replay_get_registers(replayer, task);

	if (err)
		return err;
	if (task->is_in_call || replay_is_reserved(trap.rip, PAGE))
		return report(-EBADMSG, "event %llu: no point can be there",
			      (unsigned long long)event->number);
	if (compare(&trap, &test)) {
		add_first_tests(&trap);
		err = point_trap_set(&trap);
		replayer->trap = &trap;
		if (!err)
			err = find_point(&trap);
		replayer->trap = NULL;
		if (err >= 0)
			point_trap_remove(&trap);
		if (err)
			return err;
	}
	memcpy(&task->registers, event->registers, sizeof(task->registers));
	task->is_dirty = 1;
	return 0;
}
