/* SPDX-License-Identifier: MIT */
/*
 * Calls that were recorded without stops are replayed without: the agent
 * (src/agent_layout.h) finds their records in memory that all replayed tasks
 * share with us, checks each call against the next one and answers it.
 *
 * The records are where the reader unpacks them, which the program can't write
 * to.  The agent's words it can, and so it can bring about a divergence, and
 * nothing else.  Its calls are never made, whoever answers them.
 */
#include "replay/replayer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "src/agent_code.h"
#include "src/agent_layout.h"
#include "src/instruction.h"
#include "traces/call_batch.h"
#include "traces/call_record.h"
#include "traces/report.h"

/* Records that are replayed at once are not more. */
#define CALLS_MAX (AGENT_RING_LENGTH / sizeof(struct call_record))

#define INT3 0xcc

/* ---- detours ---- */

struct detour {
	uint64_t from, to;
	uint64_t jump_at;
	int signal;
	uint8_t jump[5];
};

int replay_detour_effect(struct replay_task *task, const struct effect *effect)
{
	struct replay_space *space = replay_space_of(task->task.space);
	struct detour *detour;

	space->detours = xrealloc(space->detours, (space->detour_count + 1) *
				  sizeof(*space->detours));
	detour = &space->detours[space->detour_count++];
	detour->from = effect->address;
	detour->to = effect->offset;
	detour->jump_at = effect->address - effect->extent;
	detour->signal = (int)effect->id;
	memcpy(detour->jump, effect->bytes, sizeof(detour->jump));
	return 0;
}

void replay_copy_detours(struct address_space *space,
			 const struct address_space *from)
{
	const struct replay_space *old = from->owner_data;
	struct replay_space *copy;

	if (!old || !old->detour_count)
		return;
	copy = replay_space_of(space);
	copy->detours = xmemdup(old->detours, old->detour_count *
				sizeof(*old->detours));
	copy->detour_count = old->detour_count;
}

/* A breakpoint may stand at its beginning. */
static int is_in_place(struct address_space *space,
		       const struct detour *detour)
{
	uint8_t bytes[sizeof(detour->jump)];

	return !address_space_read(space, detour->jump_at, bytes,
				   sizeof(bytes)) &&
	       (bytes[0] == detour->jump[0] || bytes[0] == INT3) &&
	       !memcmp(bytes + 1, detour->jump + 1, sizeof(bytes) - 1);
}

uint64_t replay_detour_target(const struct replay_task *task, uint64_t from)
{
	const struct replay_space *space = task->task.space->owner_data;

	for (size_t i = space ? space->detour_count : 0; i-- > 0;)
		if (space->detours[i].from == from &&
		    is_in_place(task->task.space, &space->detours[i]))
			return space->detours[i].to;
	return 0;
}

uint64_t replay_detour_origin(const struct replay_task *task, uint64_t to)
{
	const struct replay_space *space = task->task.space->owner_data;

	for (size_t i = space ? space->detour_count : 0; i-- > 0;)
		if (space->detours[i].to == to &&
		    is_in_place(task->task.space, &space->detours[i]))
			return space->detours[i].from;
	return 0;
}

int replay_takes_detour(struct replay_task *task, int status)
{
	const struct replay_space *space = task->task.space->owner_data;
	int signal = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
	struct registers registers;
	uint64_t at;

	if (!space || !space->detour_count || status_event(status) ||
	    (signal != SIGTRAP && signal != SIGILL) ||
	    task_get_registers(&task->task, &registers))
		return 0;
	/* behind the int3, but at what is no instruction */
	at = registers.value[R_RIP] - (signal == SIGTRAP);
	for (size_t i = space->detour_count; i-- > 0;) {
		const struct detour *detour = &space->detours[i];

		if (detour->from != at || detour->signal != signal ||
		    !is_in_place(task->task.space, detour))
			continue;
		registers.value[R_RIP] = detour->to;
		registers.value[R_ORIG_RAX] = (uint64_t)-1;
		return !task_set_registers(&task->task, &registers);
	}
	return 0;
}

/* ---- the agent ---- */

/* Its first part is the reader's. */
static uint8_t *ring_of(const struct replayer *replayer)
{
	return (uint8_t *)replayer->agent + (AGENT_RING - AGENT_SHARED);
}

static void *map_at(uint64_t address, size_t length, int flags)
{
	void *at = mmap((void *)address, length, PROT_READ | PROT_WRITE,
			flags | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return at == (void *)address ? at : NULL;
}

/* Replayed processes inherit both by fork. */
int replay_agent_init(struct replayer *replayer)
{
	void *text = map_at(AGENT_TEXT, AGENT_TEXT_LENGTH, MAP_PRIVATE);

	if (text) {
		memcpy(text, agent_code, agent_code_length);
		replayer->agent = map_at(AGENT_SHARED, AGENT_SHARED_LENGTH,
					 MAP_SHARED);
	}
	if (!replayer->agent ||
	    mprotect(text, AGENT_TEXT_LENGTH, PROT_READ | PROT_EXEC))
		return report(errno ? -errno : -ENOMEM, "reserve memory at "
			      "%#x for the replay", AGENT_TEXT);
	replayer->agent->mode = AGENT_REPLAYS;
	replayer->agent->stack = AGENT_STACK_TOP;
	_Static_assert(TRACE_READER_ROOM <= AGENT_RING_LENGTH, "one part");
	trace_reader_lend(replayer->reader, ring_of(replayer));
	return 0;
}

int replay_agent_protect(void)
{
	return mprotect((void *)AGENT_RING, AGENT_RINGS * AGENT_RING_LENGTH,
			PROT_READ);
}

void replay_agent_deinit(struct replayer *replayer)
{
	if (replayer->agent)
		munmap(replayer->agent, AGENT_SHARED_LENGTH);
	munmap((void *)AGENT_TEXT, AGENT_TEXT_LENGTH);
}

/* ---- calls ---- */

/* What the change, which was made, has mapped may be mapped again. */
static void set_spare(struct agent_shared *agent,
		      const struct call_record *change)
{
	const uint64_t *arguments = change ? call_record_arguments(change) :
					     NULL;

	agent->spare_start = agent->spare_end = agent->is_spare_unmapped = 0;
	if (!change || !call_record_maps_plain(change) ||
	    arguments[1] > AGENT_SPARE_LIMIT)
		return;
	agent->spare_start = (uint64_t)change->result;
	agent->spare_end = agent->spare_start +
			   ((arguments[1] + 0xfff) & ~UINT64_C(0xfff));
}

/* It is the agent that answers calls, from these records on. */
static void feed(struct replayer *replayer, const void *bytes, size_t length,
		 int is_last_stopped)
{
	struct agent_shared *agent = replayer->agent;
	uint8_t *ring = ring_of(replayer);
	size_t start = AGENT_RING_LENGTH;

	/* Those that were out of two frames are elsewhere. */
	if ((const uint8_t *)bytes >= ring &&
	    (const uint8_t *)bytes < ring + start)
		start = (size_t)((const uint8_t *)bytes - ring);
	else
		memcpy(ring + start, bytes, length);
	agent->position = (uint32_t)start;
	agent->limit = start + length;
	agent->count = 0;
	agent->is_last_stopped = (uint32_t)is_last_stopped;
	agent->stack = AGENT_STACK_TOP;
	agent->is_different = agent->is_stop_wanted = agent->is_traced = 0;
	set_spare(agent, NULL);
	agent->mode = AGENT_REPLAYS;
}

static void feed_nothing(struct replayer *replayer)
{
	replayer->agent->position = replayer->agent->limit = 0;
	replayer->agent->is_stop_wanted = replayer->agent->is_last_stopped = 0;
}

/* The event that the agent did not take is looked at as any other. */
static int explain(struct replayer *replayer, struct replay_task *task,
		   uint64_t first, uint64_t count, int status)
{
	uint64_t taken = replayer->agent->count;
	struct event event;
	int err;

	feed_nothing(replayer);
	if (taken >= count)
		taken = count - 1;
	replayer->event = first + taken;
	err = trace_reader_seek(replayer->reader, replayer->event);
	if (!err)
		err = trace_reader_next(replayer->reader, &event);
	if (err)
		return err < 0 ? err : -EBADMSG;
	err = replay_get_registers(replayer, task);
	if (err)
		return err;
	if (WIFSTOPPED(status) && status_is_syscall(status)) {
		task->registers.value[R_RAX] =
			task->registers.value[R_ORIG_RAX];
		task->is_at_call = 1;
		err = replay_syscall(replayer, task, &event);
	}
	return err ? err :
		replay_diverged(replayer, task, &event, "a call that was "
				"recorded without a stop was not answered "
				"(wait status %#x)", status);
}

/* The task stopped; it should be behind the last call, or at the next one. */
static int end(struct replayer *replayer, struct replay_task *task,
	       uint64_t first, uint64_t count, int status)
{
	const struct agent_shared *agent = replayer->agent;
	int err = WIFSTOPPED(status) ? replay_get_registers(replayer, task) : 0;

	if (err)
		return err;
	if (!WIFSTOPPED(status) || agent->count != count ||
	    agent->is_different)
		return explain(replayer, task, first, count, status);
	if (status_is_syscall(status)) {
		task->registers.value[R_RAX] =
			task->registers.value[R_ORIG_RAX];
		task->is_at_call = 1;
	} else if (task->registers.value[R_RIP] == AGENT_STOP_END) {
		task->registers.value[R_RIP] = agent->saved_continuation;
	} else {
		return explain(replayer, task, first, count, status);
	}
	feed_nothing(replayer);
	return 0;
}

/* What the calls that were answered wrote to standard output and error. */
static int show_output(const struct replayer *replayer,
		       const struct call_record *record, uint64_t count)
{
	int err = 0;

	if (replayer->options->quiet)
		return 0;
	for (; count && !err; count--, record = call_record_next(record)) {
		const struct call_piece *piece = call_record_pieces(record);

		for (unsigned i = 0; i < record->pieces && !err;
		     i++, piece = call_piece_next(piece))
			if (piece->kind == PIECE_STANDARD)
				err = replay_output(replayer, piece->argument,
						    call_piece_bytes(piece),
						    piece->length);
	}
	return err;
}

/* Whether the task may go on to its next call, which stops. */
static int is_call_next(struct replayer *replayer, uint32_t task)
{
	struct event next;

	return trace_reader_peek(replayer->reader, &next) == 0 &&
	       next.task == task && !next.is_buffered &&
	       (next.kind == EVENT_SYSCALL ||
		next.kind == EVENT_SYSCALL_ENTER);
}

/*
 * Calls of one task that are replayed at once: where the agent is among them is
 * for it to say, so it is looked at with care.
 */
struct run {
	const struct call_record *next; /* the agent's, */
	uint64_t taken, count;		/* behind so many of all */
	struct event head;		/* of the first */
};

/* True when the task stands at a call that is made again. */
static int is_at_change(struct replayer *replayer, struct run *run, int status)
{
	const struct agent_shared *agent = replayer->agent;

	if (!WIFSTOPPED(status) || !status_is_syscall(status) ||
	    agent->is_different || agent->count < run->taken ||
	    agent->count >= run->count)
		return 0;
	while (run->taken < agent->count) {
		run->next = call_record_next(run->next);
		run->taken++;
	}
	return call_record_is_made_again(run->next);
}

/* The call becomes an event, and its record is taken. */
static int make_change(struct replayer *replayer, struct replay_task *task,
		       struct run *run)
{
	struct agent_shared *agent = replayer->agent;
	struct call_batch single;
	struct event event, head = run->head;
	int err = replay_get_registers(replayer, task);

	if (err)
		return err;
	task->registers.value[R_RAX] = task->registers.value[R_ORIG_RAX];
	task->is_at_call = 1;
	head.number += run->taken;
	replayer->event = head.number;
	call_batch_single(&single, &head, run->next);
	call_batch_next(&single, &event);
	err = replay_syscall(replayer, task, &event);
	set_spare(agent, run->next);
	agent->position += run->next->size;
	run->next = call_record_next(run->next);
	agent->count = (uint32_t)++run->taken;
	replayer->summary->syscalls--; /* all are counted together */
	return err;
}

/* Runs to the end of the calls, or to where it stops otherwise. */
static int run_calls(struct replayer *replayer, struct replay_task *task,
		     struct run *run, int *status_out)
{
	int err = replay_run_task(replayer, task, status_out);

	while (!err && is_at_change(replayer, run, *status_out)) {
		err = make_change(replayer, task, run);
		if (err || run->taken == run->count)
			return err;
		err = replay_run_task(replayer, task, status_out);
	}
	return err;
}

static int replay_many(struct replayer *replayer, struct replay_task *task)
{
	uint32_t serial = task->task.serial;
	uint64_t first, count;
	const void *bytes;
	struct run run;
	size_t length;
	int status, err;

	err = trace_reader_next_calls(replayer->reader, &bytes, &length, &first,
				      &count);
	if (err)
		return err;
	if (length > AGENT_RING_LENGTH)
		return report(-EBADMSG, "event %llu: too many calls at once",
			      (unsigned long long)first);
	feed(replayer, bytes, length, !is_call_next(replayer, serial));
	run = (struct run){ bytes, 0, count,
			    { .number = first, .task = serial } };
	err = run_calls(replayer, task, &run, &status);
	if (!err && replayer->agent->count <= count)
		err = show_output(replayer, bytes, replayer->agent->count);
	if (!err && run.taken == count)
		feed_nothing(replayer);
	else if (!err)
		err = end(replayer, task, first, count, status);
	if (err)
		return err;
	replayer->event = first + count - 1;
	replayer->summary->events += count - 1;
	replayer->summary->syscalls += count;
	return 0;
}

/* ---- instructions, with a stop for each ---- */

#define ARITHMETIC_FLAGS 0x8d5u

int replay_compare_instruction(struct replayer *replayer,
			       struct replay_task *task,
			       const struct event *event)
{
	const struct effect *effect = event_find_effect(event,
							EFFECT_REGISTERS);
	struct registers actual;

	memcpy(actual.value, event->registers, sizeof(actual.value));
	actual.value[R_RSP] = task->registers.value[R_RSP];
	for (int i = 0; i < R_ORIG_RAX; i++)
		if (effect->protection >> i & 1)
			actual.value[i] = task->registers.value[i];
	return replay_compare_registers(replayer, task, event, &actual);
}

/* The length of the instruction that the task is at, or of its trap. */
static unsigned length_at(struct replay_task *task)
{
	struct memory *memory = &task->task.space->memory;
	struct instruction instruction;
	uint8_t bytes[15], known[16];
	size_t got = memory->read(memory, task->registers.value[R_RIP], bytes,
				  sizeof(bytes));

	instruction = instruction_of_trap(bytes, got, known);
	if (!instruction.kind)
		instruction = instruction_decode(bytes, got);
	return instruction.length;
}

int replay_result(struct replayer *replayer, struct replay_task *task,
		  const struct event *event)
{
	const struct effect *effect = event_find_effect(event,
							EFFECT_REGISTERS);
	const uint64_t *after = effect->bytes;
	uint64_t *values = task->registers.value;
	uint64_t flags = values[R_EFLAGS] & ~(uint64_t)ARITHMETIC_FLAGS;
	unsigned length = length_at(task);

	if (!length)
		return replay_diverged(replayer, task, event, "it stopped where"
				       " no such instruction is");
	for (int i = 0; i < R_COUNT; i++)
		if (effect->flags >> i & 1)
			values[i] = after[i];
	values[R_EFLAGS] = flags | (values[R_EFLAGS] & ARITHMETIC_FLAGS);
	values[R_RIP] += length;
	task->is_dirty = 1;
	return 0;
}

int replay_calls(struct replayer *replayer, struct replay_task *task,
		 const struct event *event)
{
	/* One at a time where somebody wants to see each, or stop at one. */
	if (replayer->watcher ||
	    (replayer->last && replayer->last - event->number <= CALLS_MAX)) {
		feed_nothing(replayer);
		return event->kind == EVENT_INSTRUCTION ?
			replay_instruction(replayer, task, event) :
			replay_syscall(replayer, task, event);
	}
	return replay_many(replayer, task);
}
