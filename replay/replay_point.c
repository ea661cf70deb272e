/* SPDX-License-Identifier: MIT */
/*
 * Points: the task runs until its state is the recorded one for the first time
 * (traces/event.h, EVENT_POINT).
 *
 * The instruction at the point is replaced by a jump to generated code that
 * compares registers and words of memory (replay/point_code.h).  When that
 * finds them equal and yet the state is another, what differs is compared from
 * then on, too.  Where no jump can be put, a debug register stops the task as
 * it comes by; then it goes on in a copy of the loop that it is in, with the
 * same comparison.  Nothing of it is left in the task afterwards.
 */
#include "replay/replayer.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay/point_code.h"
#include "src/code_patch.h"
#include "src/memory_digest.h"
#include "traces/report.h"

#define PAGE 4096ul
#define WORDS_FIRST 8u	    /* compared from the beginning */
#define REACH 0x7ff00000ul  /* of a jump, less the block */
#define NEAREST (256 * PAGE) /* of the block: programs grow, too */
#define FLAG_RESUME 0x10000u

/* Header, legacy FIP and FDP: they say how, not what. */
#define X87_POINTERS 6u
#define X87_POINTERS_END 24u
#define XSTATE_SOFTWARE 464u
#define XSTATE_HEADER_END 576u

struct place {
	struct replayer *replayer;
	struct replay_task *task;
	const struct event *event;
	remote_addr rip;
	struct point_code code;
	int has_jump;	 /* at the point, else a debug register */
	int is_pristine; /* the page was still the file's */
	uint8_t original[CODE_JUMP_LENGTH];
	uint8_t jump[CODE_JUMP_LENGTH];
};

/* What differs from the recorded state first, and whether code can test it. */
enum difference {
	DIFFERENCE_NONE,
	DIFFERENCE_TESTABLE,
	DIFFERENCE_OTHER,
};

/* ---- the state ---- */

static const struct effect *find_effect(const struct event *event,
					enum effect_kind kind)
{
	for (size_t i = 0; i < event->effect_count; i++)
		if (event->effects[i].kind == kind)
			return &event->effects[i];
	return NULL;
}

/* Enum register_name by the numbers that instructions have. */
static const uint8_t by_number[16] = {
	R_RAX, R_RCX, R_RDX, R_RBX, R_RSP, R_RBP, R_RSI, R_RDI,
	R_R8, R_R9, R_R10, R_R11, R_R12, R_R13, R_R14, R_R15,
};

static enum difference compare_registers(const struct place *place,
					 struct point_test *test)
{
	const uint64_t *now = place->task->registers.value;
	const uint64_t *then = place->event->registers;

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

static enum difference compare_input(const struct place *place,
				     const struct effect *effect,
				     struct point_test *test)
{
	const uint8_t *then = effect->bytes;
	uint8_t now[4096];
	size_t length = effect->length < sizeof(now) ? effect->length :
						       sizeof(now);
	size_t i = 0;

	if (address_space_read(place->task->task.space, effect->address, now,
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

static enum difference compare_inputs(const struct place *place,
				      struct point_test *test)
{
	const struct event *event = place->event;
	enum difference found = DIFFERENCE_NONE;

	for (size_t i = 0; i < event->effect_count && !found; i++)
		if (event->effects[i].kind == EFFECT_INPUT)
			found = compare_input(place, &event->effects[i], test);
	return found;
}

/* Whether this byte of the XSAVE area is a part of the state. */
static int is_state(size_t offset)
{
	return !(offset >= X87_POINTERS && offset < X87_POINTERS_END) &&
	       !(offset >= XSTATE_SOFTWARE && offset < XSTATE_HEADER_END);
}

static enum difference compare_xstate(const struct place *place,
				      struct point_test *test)
{
	const struct effect *recorded =
		find_effect(place->event, EFFECT_XSTATE);
	uint8_t now[EXTENDED_STATE_LENGTH];
	const uint8_t *then;
	ssize_t got;
	size_t length, i = 0;

	if (!recorded)
		return DIFFERENCE_NONE;
	then = recorded->bytes;
	got = task_get_xstate(&place->task->task, now);
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

static int same_memory(const struct place *place)
{
	const struct event *event = place->event;
	const struct effect *recorded = find_effect(event, EFFECT_DIGEST);
	struct memory_digest digest;

	if (access("/proc/self/maps", R_OK)) {
		if (!place->replayer->is_memory_unseen)
			warn("/proc is not mounted: places between calls are "
			     "found by registers and some memory alone");
		place->replayer->is_memory_unseen = 1;
		return 1;
	}
	return recorded &&
	       memory_digest(&place->task->task, EVENT_POINT_PAGES,
			     event->registers[R_RSP], &digest) >= 0 &&
	       digest.hash == recorded->offset &&
	       digest.pages == recorded->extent;
}

static int write_code(struct place *place, const uint8_t *bytes)
{
	return address_space_write(place->task->task.space, place->rip, bytes,
				   CODE_JUMP_LENGTH);
}

/* Memory is compared as the program has it: without the jump. */
static enum difference compare_memory(struct place *place)
{
	int is_same;

	if (place->has_jump && write_code(place, place->original))
		return DIFFERENCE_OTHER;
	is_same = same_memory(place);
	if (!is_same && place->has_jump)
		write_code(place, place->jump);
	return is_same ? DIFFERENCE_NONE : DIFFERENCE_OTHER;
}

/* How the task, which is stopped, differs from the point. */
static enum difference compare(struct place *place, struct point_test *test)
{
	enum difference found = compare_registers(place, test);

	if (!found)
		found = compare_inputs(place, test);
	if (!found)
		found = compare_xstate(place, test);
	return found ? found : compare_memory(place);
}

/* ---- what the code tests ---- */

static void add_test(struct place *place, const struct point_test *test)
{
	struct point_code *code = &place->code;

	if (code->test_count < POINT_TESTS_MAX)
		code->tests[code->test_count++] = *test;
}

static void add_registers(struct place *place, uint32_t with_changed)
{
	uint32_t changed = (uint32_t)place->event->detail;

	for (unsigned number = 0; number < 16; number++)
		if ((changed >> by_number[number] & 1) == with_changed)
			add_test(place, &(struct point_test){
				POINT_REGISTER, number,
				place->event->registers[by_number[number]],
			});
}

/* What changes first, in the order in which the recorder saw it change. */
static void add_first_tests(struct place *place)
{
	const struct event *event = place->event;
	struct point_test test = { .kind = POINT_WORD };
	unsigned count = 0;

	add_registers(place, 1);
	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];

		if (effect->kind != EFFECT_INPUT || effect->length != 8 ||
		    ++count > WORDS_FIRST)
			continue;
		test.where = effect->address;
		memcpy(&test.value, effect->bytes, sizeof(test.value));
		add_test(place, &test);
	}
	add_registers(place, 0);
}

/* ---- where it is ---- */

static int map_piece(struct place *place, remote_addr addr, uint64_t length,
		     uint64_t protection)
{
	uint64_t arguments[6] = {
		addr, length, protection, MAP_PRIVATE | MAP_ANONYMOUS |
		MAP_FIXED_NOREPLACE, (uint64_t)-1,
	};

	return replay_inject(place->task, SYS_mmap, arguments) ==
		(int64_t)addr ? 0 : -ENOMEM;
}

static void unmap_block(struct place *place)
{
	uint64_t arguments[6] = { place->code.block, POINT_BLOCK_LENGTH };

	if (place->code.block)
		replay_inject(place->task, SYS_munmap, arguments);
	place->code.block = 0;
}

/* 1 for a page of a file that is not a copy of the task's own yet. */
static int is_page_of_file(const struct place *place)
{
	char path[64];
	uint64_t flags = 0;
	AUTO(fd_close) int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/pagemap",
		 place->task->task.tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &flags, 8, (off_t)(place->rip / PAGE * 8)) != 8)
		return 0;
	return (flags >> 63 & 1) && (flags >> 61 & 1);
}

/* Finds out whether a jump can be put there. */
static void look_around(struct place *place)
{
	struct memory *memory = &place->task->task.space->memory;

	if (!memory_read(memory, place->rip, place->original,
			 sizeof(place->original)))
		return;
	place->code.length = code_patch_length(memory, place->rip);
	place->is_pristine = is_page_of_file(place);
}

/* Below the code, where no stack grows, if there is room. */
static int map_near(struct place *place)
{
	remote_addr base = place->rip & ~(PAGE - 1);
	int err = -ENOMEM;

	for (int side = 0; side < 2 && err; side++)
		for (remote_addr far = NEAREST; far < REACH && err;
		     far += far / 2 & ~(PAGE - 1)) {
			remote_addr addr = side ? base + far : base - far;

			if (side ? addr < base : far >= base)
				continue;
			err = map_piece(place, addr, POINT_BLOCK_LENGTH,
					PROT_READ | PROT_WRITE);
			if (!err)
				place->code.block = addr;
		}
	return err;
}

static int write_block(struct place *place)
{
	int err = point_code_make(&place->code);

	return err ? err : address_space_write(place->task->task.space,
					       place->code.block,
					       place->code.bytes,
					       place->code.used);
}

/* The code's pages, and the code in them. */
static int map_block(struct place *place)
{
	uint64_t arguments[6] = { 0, POINT_CODE_LENGTH, PROT_READ | PROT_EXEC };
	int err = map_near(place);

	if (!err)
		err = write_block(place);
	arguments[0] = place->code.block;
	if (!err && replay_inject(place->task, SYS_mprotect, arguments))
		err = -ENOMEM;
	return err;
}

static int place_jump(struct place *place)
{
	int32_t far = (int32_t)(place->code.block -
				(place->rip + CODE_JUMP_LENGTH));

	place->jump[0] = 0xe9;
	memcpy(place->jump + 1, &far, sizeof(far));
	if (write_code(place, place->jump))
		return -EFAULT;
	place->has_jump = 1;
	return 0;
}

static void write_original(struct place *place)
{
	uint8_t now[CODE_JUMP_LENGTH];

	if (address_space_read(place->task->task.space, place->rip, now,
			       sizeof(now)) ||
	    memcmp(now, place->original, sizeof(now)))
		write_code(place, place->original);
}

static void remove_jump(struct place *place)
{
	uint64_t page[6] = { place->rip & ~(PAGE - 1), PAGE, MADV_DONTNEED };

	if (place->is_pristine)
		replay_inject(place->task, SYS_madvise, page);
	write_original(place);
}

static int set_debug_register(struct place *place, int number, uint64_t value)
{
	if (ptrace(PTRACE_POKEUSER, place->task->task.tid,
		   offsetof(struct user, u_debugreg) + (size_t)number * 8,
		   value))
		return -errno;
	return 0;
}

static int watch_place(struct place *place)
{
	int err = set_debug_register(place, 0, place->rip);

	if (!err)
		err = set_debug_register(place, 7, 1);
	return err ? report(err, "event %llu: set a hardware breakpoint at "
			    "%#llx (no instruction there can be replaced)",
			    (unsigned long long)place->event->number,
			    (unsigned long long)place->rip) : 0;
}

static int place_trap(struct place *place)
{
	add_first_tests(place);
	if (map_block(place)) {
		unmap_block(place);
		place->code.length = 0;
	}
	if (place->code.length && !place_jump(place))
		return 0;
	if (place->code.length) { /* code that can't be written to */
		place->code.length = place->code.program_length = 0;
		if (write_block(place))
			unmap_block(place);
	}
	return watch_place(place);
}

static void remove_trap(struct place *place)
{
	if (place->has_jump)
		remove_jump(place);
	else
		set_debug_register(place, 7, 0);
	unmap_block(place);
}

/* ---- the way there ---- */

static int missed(struct place *place, int status)
{
	const char *what = "ended";

	if (WIFSTOPPED(status)) {
		task_get_registers(&place->task->task,
				   &place->task->registers);
		place->task->is_dirty = 1;
		what = status_is_syscall(status) ? "made a call" :
						   strsignal(WSTOPSIG(status));
	}
	return replay_diverged(place->replayer, place->task, place->event,
			       "the recorded state was not met on the way: the "
			       "task %s (wait status %#x)", what, status);
}

/* Among the instructions to be replaced, it must get out first. */
static int leave_replaced(struct place *place)
{
	struct replay_task *task = place->task;
	int status, err = 0;

	while (!err && place->code.length &&
	       task->registers.value[R_RIP] > place->rip &&
	       task->registers.value[R_RIP] < place->rip + place->code.length) {
		err = replay_step_task(place->replayer, task, &status);
		if (!err && (!WIFSTOPPED(status) ||
			     WSTOPSIG(status) != SIGTRAP))
			return missed(place, status);
		if (!err)
			err = replay_get_registers(place->replayer, task);
	}
	return err;
}

/* What the code saved would be memory that the digest does not know. */
static int clear_saved(struct place *place)
{
	static const uint8_t zeros[POINT_SAVED_LENGTH];

	return address_space_write(place->task->task.space,
				   place->code.block + POINT_SAVED, zeros,
				   sizeof(zeros));
}

/* Runs to the next trap: 0 with the registers as at the point, perhaps. */
static int run_to_trap(struct place *place)
{
	struct replay_task *task = place->task;
	int status, err = replay_run_task(place->replayer, task, &status);
	uint64_t *rip = &task->registers.value[R_RIP];

	if (err)
		return err;
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
		return missed(place, status);
	err = replay_get_registers(place->replayer, task);
	if (err)
		return err;
	if (place->code.block && *rip == place->code.trap) {
		*rip = place->rip;
		return clear_saved(place);
	}
	return *rip == place->rip ? 0 : missed(place, status);
}

/* rcx is where the code expects to save it. */
static int go_on(struct place *place)
{
	struct replay_task *task = place->task;

	if (!place->code.block)
		return 0; /* the kernel sets the resume flag */
	task->registers.value[R_RIP] = place->code.miss;
	return address_space_write(task->task.space,
				   place->code.block + POINT_SAVED,
				   &task->registers.value[R_RCX], 8);
}

static int is_tested(const struct place *place, const struct point_test *test)
{
	for (size_t i = 0; i < place->code.test_count; i++)
		if (place->code.tests[i].kind == test->kind &&
		    place->code.tests[i].where == test->where)
			return 1;
	return 0;
}

static int find_point(struct place *place)
{
	struct point_test test;
	int err = run_to_trap(place);

	while (!err) {
		enum difference found = compare(place, &test);

		if (!found)
			break;
		if (found == DIFFERENCE_TESTABLE && place->code.block &&
		    !is_tested(place, &test)) {
			add_test(place, &test);
			err = write_block(place);
		}
		if (!err)
			err = go_on(place);
		if (!err)
			err = run_to_trap(place);
	}
	return err;
}

int replay_point(struct replayer *replayer, struct replay_task *task,
		 const struct event *event)
{
	struct place place = {
		.replayer = replayer,
		.task = task,
		.event = event,
		.rip = event->registers[R_RIP],
	};
	struct point_test test;
	int err = replay_get_registers(replayer, task);

	if (err)
		return err;
	if (task->is_in_call || replay_is_reserved(place.rip, PAGE))
		return report(-EBADMSG, "event %llu: no point can be there",
			      (unsigned long long)event->number);
	place.code.memory = &task->task.space->memory;
	place.code.rip = place.rip;
	if (compare(&place, &test)) {
		look_around(&place);
		err = leave_replaced(&place);
		if (!err)
			err = place_trap(&place);
		if (err)
			return err;
		err = find_point(&place);
		if (err >= 0)
			remove_trap(&place);
		if (err)
			return err;
	}
	memcpy(&task->registers, event->registers, sizeof(task->registers));
	task->is_dirty = 1;
	return 0;
}
