/* SPDX-License-Identifier: MIT */
/*
 * Points: the task runs until its state is the recorded one for the first time
 * (traces/event.h, EVENT_POINT).
 *
 * The instruction at the point is replaced by a jump to generated code that
 * compares general registers and words of memory without touching the flags,
 * does what the replaced instructions did, and jumps back.  Only when all are
 * equal does it trap; then the rest is compared here.  Where no jump can be
 * put, a debug register stops the task at each pass.  Nothing of it is left in
 * the task afterwards.
 *
 *	mov [save], rcx
 *	movabs rcx, -VALUE; lea rcx, [rcx + REGISTER]; jrcxz next
 * miss:
 *	mov rcx, [save]; the replaced instructions; jmp back
 * next:
 *	... jrcxz next; jmp miss
 * last:
 *	mov rcx, [save]; int3
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

#include "src/code_patch.h"
#include "src/memory_digest.h"
#include "src/process_maps.h"
#include "traces/report.h"

#define PAGE 4096ul
#define CODE_LENGTH (2 * PAGE)	/* then a page of data */
#define BLOCK_LENGTH (CODE_LENGTH + PAGE)
#define SAVED_RCX (CODE_LENGTH + 0)
#define SAVED_RDX (CODE_LENGTH + 8)
#define TEST_ROOM 96u	    /* bytes that a test takes at most */
#define WORDS_MAX 32u
#define REACH 0x7ff00000ul  /* of a jump, less the block */
#define STACK_ROOM (64ul << 20) /* below a mapping that may grow */
#define FLAG_RESUME 0x10000u
#define INT3 0xcc

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
	unsigned length; /* of what the jump replaces; 0: a debug register */
	remote_addr block;
	remote_addr miss; /* code that goes on after a trap */
	remote_addr trap; /* rip after it */
	int is_pristine; /* the page was still the file's */
	uint8_t original[CODE_JUMP_LENGTH];
	uint8_t code[CODE_LENGTH];
	size_t used;
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

static int same_registers(const struct registers *actual,
			  const struct event *event)
{
	for (int i = 0; i < R_COUNT; i++) {
		uint64_t mask = i == R_EFLAGS ? ~(uint64_t)FLAG_RESUME :
						~(uint64_t)0;

		if (i != R_ORIG_RAX &&
		    ((actual->value[i] ^ event->registers[i]) & mask))
			return 0;
	}
	return 1;
}

static int same_inputs(struct replay_task *task, const struct event *event)
{
	uint8_t bytes[4096];

	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];
		size_t length = effect->length;

		if (effect->kind != EFFECT_INPUT)
			continue;
		if (length > sizeof(bytes))
			length = sizeof(bytes);
		if (address_space_read(task->task.space, effect->address,
				       bytes, length) ||
		    memcmp(bytes, effect->bytes, length))
			return 0;
	}
	return 1;
}

static int same_range(const uint8_t *a, const uint8_t *b, size_t start,
		      size_t end, size_t length)
{
	if (end > length)
		end = length;
	return start >= end || !memcmp(a + start, b + start, end - start);
}

static int same_xstate(struct replay_task *task, const struct event *event)
{
	const struct effect *recorded = find_effect(event, EFFECT_XSTATE);
	uint8_t now[XSTATE_ROOM];
	const uint8_t *then;
	ssize_t got;
	size_t length;

	if (!recorded)
		return 1;
	then = recorded->bytes;
	got = task_get_xstate(&task->task, now, sizeof(now));
	if (got <= 0)
		return 0;
	length = (size_t)got < recorded->length ? (size_t)got :
						  recorded->length;
	return same_range(now, then, 0, X87_POINTERS, length) &&
	       same_range(now, then, X87_POINTERS_END, XSTATE_SOFTWARE,
			  length) &&
	       same_range(now, then, XSTATE_HEADER_END, length, length);
}

static int same_memory(struct replay_task *task, const struct event *event)
{
	const struct effect *recorded = find_effect(event, EFFECT_DIGEST);
	struct memory_digest digest;

	return recorded && !memory_digest(&task->task, 0,
				      event->registers[R_RSP], &digest) &&
	       digest.hash == recorded->offset &&
	       digest.pages == recorded->extent;
}

/* 1 when the task, which is stopped, is at the point. */
static int is_there(struct place *place)
{
	struct replay_task *task = place->task;

	return same_registers(&task->registers, place->event) &&
	       same_inputs(task, place->event) &&
	       same_xstate(task, place->event) &&
	       same_memory(task, place->event);
}

/* ---- generated code ---- */

static void put(struct place *place, const void *bytes, size_t length)
{
	bug_unless(place->used + length <= sizeof(place->code),
		   "task %d: too much code for a point",
		   place->task->task.tid);
	memcpy(place->code + place->used, bytes, length);
	place->used += length;
}

#define PUT(place, ...) \
	put(place, (const uint8_t[]){ __VA_ARGS__ }, \
	    sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* What ends an instruction: a distance to an offset in the block. */
static void put_distance(struct place *place, size_t target)
{
	int32_t distance = (int32_t)(target - (place->used + 4));

	put(place, &distance, sizeof(distance));
}

static void put_value(struct place *place, uint64_t value)
{
	put(place, &value, sizeof(value));
}

/* Adds -value to rcx, with rdx as it was. */
static void put_subtract(struct place *place, uint64_t value)
{
	PUT(place, 0x48, 0x89, 0x15); /* mov [saved], rdx */
	put_distance(place, SAVED_RDX);
	PUT(place, 0x48, 0xba); /* movabs rdx */
	put_value(place, 0 - value);
	PUT(place, 0x48, 0x8d, 0x0c, 0x11); /* lea rcx, [rcx + rdx] */
	PUT(place, 0x48, 0x8b, 0x15); /* mov rdx, [saved] */
	put_distance(place, SAVED_RDX);
}

static void put_restore(struct place *place)
{
	PUT(place, 0x48, 0x8b, 0x0d); /* mov rcx, [saved] */
	put_distance(place, SAVED_RCX);
}

/* Leaves 0 in rcx when the register has this value. */
static void put_register_test(struct place *place, int number, uint64_t value)
{
	if (number == 1) { /* rcx itself */
		put_restore(place);
		put_subtract(place, value);
		return;
	}
	PUT(place, 0x48, 0xb9); /* movabs rcx */
	put_value(place, 0 - value);
	if (number == 4) /* lea rcx, [rsp + rcx]: rsp is no index */
		PUT(place, 0x48, 0x8d, 0x0c, 0x0c);
	else
		PUT(place, number < 8 ? 0x48 : 0x4a, 0x8d, 0x0c,
		    (uint8_t)(0x01 | (number & 7) << 3));
}

static void put_word_test(struct place *place, remote_addr addr,
			  uint64_t value)
{
	PUT(place, 0x48, 0xb9); /* movabs rcx */
	put_value(place, addr);
	PUT(place, 0x48, 0x8b, 0x09); /* mov rcx, [rcx] */
	put_subtract(place, value);
}

/*
 * Behind a test: on to the next one, or back to the program.  The way back
 * stands behind the first.  0, or -ERANGE when the program is too far away.
 */
static int put_branch(struct place *place)
{
	struct memory *memory = &place->task->task.space->memory;
	uint8_t moved[CODE_PATCH_ROOM];
	size_t length, jump;

	PUT(place, 0xe3, 5); /* jrcxz over the jump */
	if (place->miss) {
		PUT(place, 0xe9);
		put_distance(place, place->miss - place->block);
		return 0;
	}
	jump = place->used;
	place->miss = place->block + place->used;
	put_restore(place);
	length = code_patch_relocate(memory, place->rip, place->length,
				     place->block + place->used, moved);
	if (!length)
		return -ERANGE;
	put(place, moved, length);
	place->code[jump - 1] = (uint8_t)(place->used - jump);
	return 0;
}

/* Enum register_name by the numbers that instructions have. */
static const uint8_t by_number[16] = {
	R_RAX, R_RCX, R_RDX, R_RBX, R_RSP, R_RBP, R_RSI, R_RDI,
	R_R8, R_R9, R_R10, R_R11, R_R12, R_R13, R_R14, R_R15,
};

static int put_registers(struct place *place, int with_changed)
{
	uint32_t changed = (uint32_t)place->event->detail;
	int err = 0;

	for (int number = 0; number < 16 && !err; number++) {
		int index = by_number[number];

		if ((changed >> index & 1) != (uint32_t)with_changed)
			continue;
		put_register_test(place, number,
				  place->event->registers[index]);
		err = put_branch(place);
	}
	return err;
}

static int put_words(struct place *place)
{
	const struct event *event = place->event;
	size_t count = 0;
	uint64_t value;
	int err = 0;

	for (size_t i = 0; i < event->effect_count && !err; i++) {
		const struct effect *effect = &event->effects[i];

		if (effect->kind != EFFECT_INPUT || effect->length != 8 ||
		    ++count > WORDS_MAX)
			continue;
		memcpy(&value, effect->bytes, sizeof(value));
		put_word_test(place, effect->address, value);
		err = put_branch(place);
	}
	return err;
}

static int make_code(struct place *place)
{
	int err;

	_Static_assert((16 + WORDS_MAX) * TEST_ROOM + CODE_PATCH_ROOM <
		       CODE_LENGTH, "all tests have room");
	PUT(place, 0x48, 0x89, 0x0d); /* mov [saved], rcx */
	put_distance(place, SAVED_RCX);
	err = put_registers(place, 1);
	if (!err)
		err = put_words(place);
	if (!err)
		err = put_registers(place, 0);
	put_restore(place);
	PUT(place, INT3);
	place->trap = place->block + place->used;
	return err;
}

/* ---- where it is ---- */

static remote_addr distance(remote_addr a, remote_addr b)
{
	return a > b ? a - b : b - a;
}

/* A hole within reach of a jump from the point, nearest first; or 0. */
static remote_addr find_hole(const struct place *place,
			     const struct process_maps *maps)
{
	remote_addr best = 0, start = 16 * PAGE;

	for (size_t i = 0; i < maps->count; i++) {
		remote_addr end = maps->maps[i].start;
		remote_addr candidates[2] = { start, end - BLOCK_LENGTH };

		if (end > start && end - start >= BLOCK_LENGTH + STACK_ROOM)
			candidates[1] -= STACK_ROOM;
		else if (strstr(maps->maps[i].name, "[stack") ||
			 end < start + BLOCK_LENGTH)
			candidates[0] = candidates[1] = 0;
		for (int j = 0; j < 2; j++)
			if (candidates[j] &&
			    distance(candidates[j], place->rip) < REACH &&
			    (!best || distance(candidates[j], place->rip) <
			     distance(best, place->rip)))
				best = candidates[j];
		start = maps->maps[i].end;
	}
	return best;
}

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
	uint64_t arguments[6] = { place->block, BLOCK_LENGTH };

	if (place->block)
		replay_inject(place->task, SYS_munmap, arguments);
	place->block = 0;
}

/* 1 for a page of a file that is not a copy of the task's own yet. */
static int is_page_of_file(const struct place *place,
			   const struct process_map *map)
{
	char path[64];
	uint64_t flags = 0;
	AUTO(fd_close) int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/pagemap",
		 place->task->task.tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!map->inode || fd < 0 ||
	    pread(fd, &flags, 8, (off_t)(place->rip / PAGE * 8)) != 8)
		return 0;
	/* neither swapped nor present, or present and the file's */
	return !(flags >> 62) || (flags >> 61 & 1);
}

static int write_jump(struct place *place)
{
	uint8_t jump[CODE_JUMP_LENGTH] = { 0xe9 };
	int32_t far = (int32_t)(place->block -
				(place->rip + CODE_JUMP_LENGTH));

	memcpy(jump + 1, &far, sizeof(far));
	return address_space_write(place->task->task.space, place->rip, jump,
				   sizeof(jump));
}

/* Finds out whether a jump can be put there, and where to. */
static int look_around(struct place *place)
{
	struct address_space *space = place->task->task.space;
	struct process_maps maps;
	const struct process_map *map;

	if (process_maps_read(place->task->task.tid, &maps))
		return report(-ESRCH, "event %llu: read the mappings (a "
			      "point needs /proc)",
			      (unsigned long long)place->event->number);
	map = process_maps_find(&maps, place->rip);
	if (map && !map->is_shared && !(map->protection & PROT_WRITE) &&
	    !address_space_read(space, place->rip, place->original,
				sizeof(place->original)))
		place->length = code_patch_length(&space->memory, place->rip);
	if (place->length) {
		place->is_pristine = is_page_of_file(place, map);
		place->block = find_hole(place, &maps);
	}
	if (!place->block)
		place->length = 0;
	process_maps_deinit(&maps);
	return 0;
}

/* 0, or negative when a debug register must do. */
static int place_jump(struct place *place)
{
	struct address_space *space = place->task->task.space;
	int err = -ERANGE;

	if (place->block)
		err = make_code(place);
	if (!err && map_piece(place, place->block, CODE_LENGTH,
			      PROT_READ | PROT_EXEC))
		err = -ENOMEM;
	else if (err)
		place->block = 0;
	if (!err)
		err = map_piece(place, place->block + CODE_LENGTH, PAGE,
				PROT_READ | PROT_WRITE);
	if (!err)
		err = address_space_write(space, place->block, place->code,
					  place->used);
	if (!err)
		err = write_jump(place);
	if (err) {
		unmap_block(place);
		place->length = 0;
	}
	return err;
}

static void remove_jump(struct place *place)
{
	uint64_t page[6] = { place->rip & ~(PAGE - 1), PAGE, MADV_DONTNEED };

	if (!place->is_pristine ||
	    replay_inject(place->task, SYS_madvise, page))
		address_space_write(place->task->task.space, place->rip,
				    place->original, sizeof(place->original));
	unmap_block(place);
}

static int set_debug_register(struct place *place, int number, uint64_t value)
{
	if (ptrace(PTRACE_POKEUSER, place->task->task.tid,
		   offsetof(struct user, u_debugreg) + (size_t)number * 8,
		   value))
		return -errno;
	return 0;
}

static int place_trap(struct place *place)
{
	int err;

	if (place_jump(place) == 0)
		return 0;
	err = set_debug_register(place, 0, place->rip);
	if (!err)
		err = set_debug_register(place, 7, 1);
	if (err)
		return report(err, "event %llu: set a hardware breakpoint at "
			      "%#llx (no instruction there can be replaced)",
			      (unsigned long long)place->event->number,
			      (unsigned long long)place->rip);
	return 0;
}

static void remove_trap(struct place *place)
{
	if (place->length)
		remove_jump(place);
	else
		set_debug_register(place, 7, 0);
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

	while (!err && place->length &&
	       task->registers.value[R_RIP] > place->rip &&
	       task->registers.value[R_RIP] < place->rip + place->length) {
		err = replay_step_task(place->replayer, task, &status);
		if (!err && (!WIFSTOPPED(status) ||
			     WSTOPSIG(status) != SIGTRAP))
			return missed(place, status);
		if (!err)
			err = replay_get_registers(place->replayer, task);
	}
	return err;
}

/* The saved registers would be memory that the digest does not know. */
static int clear_saved(struct place *place)
{
	uint64_t zeros[2] = { 0 };

	return address_space_write(place->task->task.space,
				   place->block + SAVED_RCX, zeros,
				   sizeof(zeros));
}

/* Runs to the next trap: 0 with the registers as at the point, perhaps. */
static int run_to_trap(struct place *place)
{
	struct replay_task *task = place->task;
	int status, err = replay_run_task(place->replayer, task, &status);
	remote_addr expected = place->length ? place->trap : place->rip;

	if (err)
		return err;
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
		return missed(place, status);
	err = replay_get_registers(place->replayer, task);
	if (err)
		return err;
	if (task->registers.value[R_RIP] != expected)
		return missed(place, status);
	task->registers.value[R_RIP] = place->rip;
	return place->length ? clear_saved(place) : 0;
}

/* rcx is where the code expects to save it. */
static int go_on(struct place *place)
{
	struct replay_task *task = place->task;

	if (!place->length)
		return 0; /* the kernel sets the resume flag */
	task->registers.value[R_RIP] = place->miss;
	return address_space_write(task->task.space, place->block + SAVED_RCX,
				   &task->registers.value[R_RCX], 8);
}

static int find_point(struct place *place)
{
	int err = 0;

	while (!err) {
		err = run_to_trap(place);
		if (err || is_there(place))
			break;
		err = go_on(place);
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
	int err = replay_get_registers(replayer, task);

	if (err)
		return err;
	if (task->is_in_call || replay_is_reserved(place.rip, PAGE))
		return report(-EBADMSG, "event %llu: no point can be there",
			      (unsigned long long)event->number);
	if (!is_there(&place)) {
		err = look_around(&place);
		if (!err)
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
