/* SPDX-License-Identifier: MIT */
/*
 * Points: places in the middle of computing, where a signal is delivered or
 * another task gets its turn.  There is nothing to count instructions with, so
 * a point is known by the state of the task (traces/event.h, EVENT_POINT).
 *
 * The task was interrupted anywhere.  It runs on for a moment, which shows what
 * memory its loops change; it is stepped to an instruction that replay can
 * replace by a jump; and it comes by there a few times more, which shows what
 * registers change.  These are what tells one pass from another.
 *
 * A task that changes nothing waits for others, and gets short turns.
 */
#include "src/recorder.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

#include "src/code_patch.h"
#include "src/process_maps.h"
#include "src/record_agent.h"
#include "src/record_forced.h"
#include "src/record_spaces.h"
#include "src/record_trapped_call.h"
#include "traces/report.h"

#define SIGNAL_AGE_NS 1000000ull /* a call may come by itself till then */
#define WAIT_SLICE_NS 1000000ull /* of a task that seems to wait for others */
#define SLICE_FACTOR 20u	 /* slices, in what a point costs us */
#define SLICE_MAX_NS 100000000ull
#define WINDOW_NS 200000ull	 /* to see what changes in memory */
#define PASS_NS 200000ull	 /* to see what changes in registers */
#define LATE_NS 100000000ull	 /* and no longer, if the kernel holds it */
#define PAUSE_NS 20000		 /* from look to look, and longer ones */
#define LONGEST_PAUSE_NS 1000000 /* while it does not run */
#define PASSES 3u
#define TRIES 4u		 /* to find a place */
#define DIGEST_TRIES 10u	 /* while others write */
#define STRIDE_NS 10000ull	 /* from one to the next */
#define SEARCH_STEPS 32u	 /* for an instruction to be replaced */
#define COPY_PAGES 4096u	 /* that may change in the window */
#define COPY_MAP_PAGES 2048u	 /* of a mapping */
#define WORDS_SEEN 512u		 /* that did change */
#define WORDS_PER_PAGE 8u
#define WORDS_TAKEN 16u
#define WORDS_COMPARED 64u	 /* from pass to pass */
#define FRAME_BELOW 128u	 /* the red zone */
#define FRAME_LENGTH 768u
#define POINTS_BUSY 16u /* till all pages are looked at again */
#define PAGE 4096u

#define FLAG_TRAP 0x100u    /* single stepping by the program itself */
#define FLAG_RESUME 0x10000u /* of the processor, not of the program */

enum step {
	STEP_DONE,
	STEP_LATE,  /* the time is over; it was interrupted */
	STEP_CALL,  /* next is a system call: an event is near */
	STEP_STAY,  /* next is what must not be stepped */
	STEP_OTHER, /* the task stopped for another reason: search->status */
};

struct changed_word {
	remote_addr addr;    /* a multiple of 8 */
	unsigned neighbours; /* words of its page that changed, too */
};

struct point_search {
	struct recorder *recorder;
	struct record_task *task;
	struct process_maps maps;
	struct registers registers; /* current */
	unsigned steps;
	int status;
	int is_look; /* the point is wanted if it spins */
	uint32_t changed; /* registers, from pass to pass */
	int came_again;	  /* it did, in the same state but for these */
	int came_unchanged; /* it did, and the words are the same, too */
	struct changed_word words[WORDS_SEEN];
	remote_addr watched; /* by debug register 0; 0: none */
	int is_stepping;
	remote_addr stacks[MEMORY_DIGEST_STACKS]; /* pointers of all threads */
	size_t stack_count;
	size_t word_count;
	int has_more_words; /* than these */
	remote_addr page;  /* being looked at */
	size_t page_first; /* word of it */
	unsigned page_words;
};

int record_wants_point(const struct record_task *task)
{
	const struct withheld_signal *signal = task->withheld;
	uint64_t now = signal ? now_ns() : 0;

	while (signal && (signal->is_sent ||
			  now - signal->since_ns <
				  SIGNAL_AGE_NS + signal->delay_ns))
		signal = signal->next;
	return signal && !record_time_left(task, &task->last_point,
					   task->point_pause_ns) &&
	       record_deliverable(task) != NULL;
}

/* ---- steps ---- */

static int look_up_registers(struct point_search *search)
{
	if (task_get_registers(&search->task->task, &search->registers))
		return -ESRCH;
	search->registers.value[R_ORIG_RAX] = (uint64_t)-1;
	if (!(search->registers.value[R_EFLAGS] & FLAG_RESUME))
		return 0;
	search->registers.value[R_EFLAGS] &= ~(uint64_t)FLAG_RESUME;
	return task_set_registers(&search->task->task, &search->registers);
}

/* The next instruction; STEP_DONE when it can be stepped. */
static enum step look_ahead(const struct point_search *search,
			    enum code_step *kind_out, unsigned *length_out)
{
	remote_addr rip = search->registers.value[R_RIP];

	*kind_out = code_patch_step(&space_of(search->task)->memory, rip,
				    length_out);
	if (*kind_out == CODE_STEP_CALL)
		return STEP_CALL;
	if (*kind_out == CODE_STEP_SEEN ||
	    search->registers.value[R_EFLAGS] & FLAG_TRAP ||
	    space_find_site(search->task, rip))
		return STEP_STAY;
	return STEP_DONE;
}

static int is_signal_stop(int status)
{
	return WIFSTOPPED(status) && !status_event(status) &&
	       !status_is_syscall(status) && WSTOPSIG(status) != SIGTRAP;
}

/* The one for which the place is sought: our interrupts tell of it, too. */
static int is_group_stop(const struct point_search *search)
{
	return search->task->is_stop_put_off &&
	       status_event(search->status) == PTRACE_EVENT_STOP;
}

/*
 * An interrupt is told before a trap of ours that has happened already, and
 * would be the program's later.  It comes now, before anything else is run.
 * Nonzero when the task is gone.
 */
static int take_pending_trap(struct point_search *search)
{
	struct record_task *task = search->task;

	while (WIFSTOPPED(search->status) &&
	       status_event(search->status) == PTRACE_EVENT_STOP &&
	       record_has_pending(task, SIGTRAP)) {
		task->is_stop_put_off |= WSTOPSIG(search->status) != SIGTRAP;
		if (task_resume(&task->task, PTRACE_CONT, 0) ||
		    task_wait(&task->task, &search->status))
			return -ESRCH;
	}
	return 0;
}

/*
 * By a step or a debug register, of which the reason may be lost, too (see
 * siginfo_may_be_step()).  A step is none of int1, nor of a system call.
 */
static int is_own_trap(const struct point_search *search,
		       const siginfo_t *info)
{
	if (info->si_code <= 0) /* another was pending, and is told instead */
		return record_is_forced(search->task, info);
	return info->si_code == TRAP_TRACE || info->si_code == TRAP_HWBKPT ||
	       (info->si_code == TRAP_BRKPT &&
		(search->is_stepping ||
		 (search->watched &&
		  (remote_addr)info->si_addr == search->watched)));
}

/*
 * What the stop in search->status means.  STEP_OTHER is for the main loop.  A
 * signal that is withheld is none: 1 is returned, and the task is to go on.
 */
static int classify(struct point_search *search, enum step *step_out)
{
	struct task *task = &search->task->task;
	siginfo_t info;
	int status;

	*step_out = STEP_CALL;
	if (take_pending_trap(search))
		return 0;
	status = search->status;
	*step_out = STEP_OTHER;
	search->task->is_interrupt_sent = 0; /* any stop ends that */
	if (is_signal_stop(status))
		return record_withhold(search->recorder, search->task,
				       WSTOPSIG(status));
	if (!WIFSTOPPED(status) ||
	    (WSTOPSIG(status) != SIGTRAP && !is_group_stop(search)))
		return 0;
	if (status_event(status) == PTRACE_EVENT_STOP)
		*step_out = STEP_LATE;
	else if (!status_event(status) && !task_get_siginfo(task, &info) &&
		 is_own_trap(search, &info)) {
		*step_out = STEP_DONE;
		if (record_is_forced(search->task, &info))
			record_undo_force(search->task, &info);
	}
	/* Within the agent no task may lose its turn: that is a call, too. */
	if (*step_out != STEP_OTHER &&
	    (look_up_registers(search) ||
	     record_agent_is_inside(search->task, &search->registers) ||
	     record_is_at_trap(search->task)))
		*step_out = STEP_CALL;
	return 0;
}

/* Resumes it by a request and waits for the stop that this brings. */
static enum step go(struct point_search *search, int request)
{
	struct task *task = &search->task->task;
	enum step step;

	do {
		if (task_resume(task, request, 0) ||
		    task_wait(task, &search->status))
			return STEP_CALL; /* gone: its end will be reported */
	} while (classify(search, &step) || step == STEP_LATE);
	return step;
}

/* It is not late yet, or others have the processor that it wants. */
static int may_still_run(const struct record_task *task, uint64_t *late_ns)
{
	if (now_ns() < *late_ns)
		return 1;
	*late_ns = now_ns() + LATE_NS;
	return task_kernel_state(task->task.tid) == 'R';
}

/*
 * Waits until it stops or has had this much of the processor, for which others
 * may compete.  The process number, 0 when it did not stop, or negative.
 */
static pid_t wait_while_used(struct point_search *search, uint64_t used_ns)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	const struct record_task *task = search->task;
	uint64_t late = now_ns() + LATE_NS, before, now;
	uint64_t began = before = now = record_process_time(task);
	pid_t got;

	do {
		/* Who looks often competes with it for the processor, too. */
		if (now != before)
			pause.tv_nsec = PAUSE_NS;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < LONGEST_PAUSE_NS)
			pause.tv_nsec *= 2;
		got = waitpid(task->task.tid, &search->status,
			      __WALL | WNOHANG);
		before = now;
		now = record_process_time(task);
	} while (!got && now - began < used_ns && may_still_run(task, &late));
	return got;
}

/* Lets it run so long at most: STEP_LATE when nothing stopped it before. */
static enum step go_for(struct point_search *search, uint64_t used_ns)
{
	struct record_task *task = search->task;
	enum step step;
	pid_t got;

	do {
		int request = record_run_request(task);

		/* Before it runs: it must not be met within the agent. */
		record_agent_stop_at_call(task);
		if (task_resume(&task->task, request, 0))
			return STEP_CALL;
		got = wait_while_used(search, used_ns);
		if (!got) {
			recorder_interrupt(task);
			got = task_wait(&task->task, &search->status) ? -1 : 1;
		}
		if (got < 0)
			return STEP_CALL;
	} while (classify(search, &step));
	return step;
}

static int set_debug_register(const struct point_search *search, int number,
			      uint64_t value)
{
	return (int)ptrace(PTRACE_POKEUSER, search->task->task.tid,
			   offsetof(struct user, u_debugreg) +
			   (size_t)number * 8, value);
}

static int watch(struct point_search *search, remote_addr addr)
{
	search->watched = addr;
	return set_debug_register(search, 0, addr) ||
	       set_debug_register(search, 7, 1);
}

static void unwatch(struct point_search *search)
{
	search->watched = 0;
	set_debug_register(search, 7, 0);
}

/*
 * One step.  A string instruction that repeats is one for us, and not one for
 * each repetition.
 */
static enum step take_step(struct point_search *search)
{
	enum code_step kind;
	unsigned length;
	enum step step = look_ahead(search, &kind, &length);

	if (step != STEP_DONE)
		return step;
	search->steps++;
	if (kind != CODE_STEP_REPEATS) {
		search->is_stepping = 1;
		step = go(search, PTRACE_SINGLESTEP);
		search->is_stepping = 0;
		return step;
	}
	if (watch(search, search->registers.value[R_RIP] + length))
		return STEP_STAY;
	step = go(search, PTRACE_CONT);
	unwatch(search);
	return step;
}

/* ---- where ---- */

/* Whether replay can put a jump here. */
static int is_patchable(struct point_search *search)
{
	remote_addr rip = search->registers.value[R_RIP];
	const struct process_map *map = process_maps_find(&search->maps, rip);
	enum code_step kind;
	unsigned length;

	return map && !map->is_shared &&
	       look_ahead(search, &kind, &length) == STEP_DONE &&
	       code_patch_length(&space_of(search->task)->memory, rip);
}

/* One instruction, if there is one near; else several short ones, perhaps. */
static int is_suitable(struct point_search *search, int is_early)
{
	return (!is_early ||
		code_patch_is_safe(&space_of(search->task)->memory,
				   search->registers.value[R_RIP])) &&
	       is_patchable(search);
}

static enum step find_patchable(struct point_search *search)
{
	unsigned early = search->steps + SEARCH_STEPS / 2;
	unsigned limit = search->steps + SEARCH_STEPS;
	enum step step = take_step(search);

	while (step == STEP_DONE && search->steps < limit &&
	       !is_suitable(search, search->steps < early))
		step = take_step(search);
	return step;
}

/* ---- what changes in a loop ---- */

static void remember_busy(struct record_task *task, remote_addr page)
{
	unsigned i = 0;

	while (i < task->busy_count && task->busy_pages[i] != page)
		i++;
	if (i == task->busy_count && i < BUSY_PAGES)
		task->busy_pages[task->busy_count++] = page;
}

/* Words of the page that was looked at last know now how many they are. */
static void end_page(struct point_search *search)
{
	if (search->page_words)
		remember_busy(search->task, search->page);
	for (size_t i = search->page_first; i < search->word_count; i++)
		search->words[i].neighbours = search->page_words;
	search->page_first = search->word_count;
	search->page_words = 0;
}

static int see_change(void *context, remote_addr addr, const void *now,
		      size_t length)
{
	struct point_search *search = context;
	remote_addr end = addr + length;

	(void)now;
	if (search->page != (addr & ~(remote_addr)(PAGE - 1)))
		end_page(search);
	search->page = addr & ~(remote_addr)(PAGE - 1);
	for (addr &= ~(remote_addr)7; addr < end; addr += 8) {
		size_t count = search->word_count;

		if (count > search->page_first &&
		    search->words[count - 1].addr == addr)
			continue;
		search->page_words++;
		if (search->page_words > WORDS_PER_PAGE ||
		    count == WORDS_SEEN) {
			search->has_more_words = 1;
			continue;
		}
		search->words[count].addr = addr;
		search->word_count++;
	}
	return 0;
}

/* A loop's counters stand alone, what it fills stands close together. */
static int compare_words(const void *a, const void *b)
{
	const struct changed_word *one = a, *other = b;

	if (one->neighbours != other->neighbours)
		return one->neighbours < other->neighbours ? -1 : 1;
	return one->addr < other->addr ? -1 : one->addr > other->addr;
}

/* Lets it run for a moment and looks at what has changed in memory. */
static enum step watch_pages(struct point_search *search, int is_busy_only)
{
	struct record_task *task = search->task;
	struct memory_copy *copy;
	enum step step;

	if (is_busy_only) {
		copy = memory_copy_of(&task->task, task->busy_pages,
				      task->busy_count);
	} else {
		copy = memory_copy_some(&task->task, COPY_MAP_PAGES,
					COPY_PAGES);
		task->busy_count = 0;
	}
	step = go_for(search, WINDOW_NS);
	if (step == STEP_LATE) {
		memory_copy_changes(copy, &task->task, see_change, search);
		end_page(search);
		qsort(search->words, search->word_count,
		      sizeof(*search->words), compare_words);
	}
	memory_copy_destroy(copy);
	return step;
}

/*
 * When nothing changes where it did before, it may work elsewhere now: what was
 * not seen to change, replay can't tell passes by.
 */
static enum step watch_memory(struct point_search *search)
{
	struct record_task *task = search->task;
	int is_busy_only = task->busy_points++ % POINTS_BUSY != 0;
	enum step step = watch_pages(search, is_busy_only);

	if (step == STEP_LATE && is_busy_only && !search->word_count)
		step = watch_pages(search, 0);
	return step;
}

static uint32_t changed_registers(const struct registers *a,
				  const struct registers *b)
{
	uint32_t changed = 0;

	for (int i = 0; i < R_COUNT; i++)
		if (a->value[i] != b->value[i])
			changed |= 1u << i;
	return changed;
}

/* Where it is when it comes by here again, if it soon does. */
static enum step one_pass(struct point_search *search)
{
	remote_addr here = search->registers.value[R_RIP];
	enum step step = take_step(search);

	if (step != STEP_DONE || search->registers.value[R_RIP] == here)
		return step;
	if (watch(search, here))
		return STEP_STAY;
	step = go_for(search, PASS_NS);
	unwatch(search);
	return step;
}

/* What they hold now; false when they are not all that changes. */
static int read_words(const struct point_search *search,
		      uint64_t values[WORDS_COMPARED])
{
	struct memory *memory = &space_of(search->task)->memory;

	if (search->has_more_words || search->word_count > WORDS_COMPARED)
		return 0;
	for (size_t i = 0; i < search->word_count; i++)
		if (memory->read(memory, search->words[i].addr, &values[i],
				 8) != 8)
			return 0;
	return 1;
}

/*
 * Some passes; STEP_LATE when they are long, and it is somewhere else.  What is
 * in the same state again goes on like that until another changes something:
 * loops that take a lock to look do so, too, if not at each time.
 */
static enum step watch_registers(struct point_search *search)
{
	struct registers first = search->registers;
	uint64_t before[WORDS_COMPARED], now[WORDS_COMPARED];
	int is_known = read_words(search, before);
	enum step step = STEP_DONE;

	search->changed = 0;
	for (unsigned i = 0; i < PASSES && step == STEP_DONE; i++) {
		uint32_t changed;

		step = one_pass(search);
		changed = changed_registers(&first, &search->registers);
		search->changed |= changed;
		if (step == STEP_DONE && is_known && !changed &&
		    read_words(search, now) &&
		    !memcmp(before, now, search->word_count * 8))
			search->came_unchanged = 1;
	}
	return step;
}

/* ---- the state ---- */

static void add_memory(struct point_search *search, struct effect_list *effects,
		       remote_addr addr, size_t length)
{
	struct effect *effect = effect_list_add_bytes(effects, EFFECT_INPUT,
						      NULL, length);
	struct memory *memory = &space_of(search->task)->memory;

	effect->address = addr;
	effect->length = memory->read(memory, addr, (void *)effect->bytes,
				      length);
	if (!effect->length)
		effects->count--;
}

static void add_words(struct point_search *search, struct effect_list *effects)
{
	for (size_t i = 0; i < search->word_count && i < WORDS_TAKEN; i++)
		add_memory(search, effects, search->words[i].addr, 8);
	/* Outer loops keep their counters here. */
	add_memory(search, effects,
		   search->registers.value[R_RSP] - FRAME_BELOW, FRAME_LENGTH);
}

static int append_point(struct point_search *search,
			const struct memory_digest *digest)
{
	struct event event = {
		.kind = EVENT_POINT,
		.detail = (int32_t)search->changed,
	};
	struct effect_list effects = { 0 };
	uint8_t xstate[EXTENDED_STATE_LENGTH];
	struct effect *effect;
	ssize_t length;
	int err;

	memcpy(event.registers, search->registers.value,
	       sizeof(event.registers));
	effect = effect_list_add_bytes(&effects, EFFECT_DIGEST, search->stacks,
				       search->stack_count * 8);
	effect->offset = digest->hash;
	effect->extent = digest->pages;
	length = task_get_xstate(&search->task->task, xstate);
	if (length > 0)
		effect_list_add_bytes(&effects, EFFECT_XSTATE, xstate,
				      (size_t)length);
	add_words(search, &effects);
	err = recorder_append(search->recorder, search->task, &event, &effects);
	effect_list_deinit(&effects);
	/* It may come by with the same registers again. */
	search->task->last = (struct registers){ 0 };
	search->task->at_boundary = 0;
	return err;
}

/* ---- all of it ---- */

/* No point: the task goes on as if it had not been interrupted. */
static int go_on(struct point_search *search)
{
	int request, err;

	if (record_agent_leave(search->recorder, search->task, &err))
		return err;
	request = record_run_request(search->task);
	search->task->state = TASK_RUNNING;
	/* What it was interrupted for is due at its next call. */
	record_agent_stop_at_call(search->task);
	return recorder_resume(search->task, request, 0);
}

/*
 * What comes by here again with its memory as it was waits for others, unless
 * it computes in registers alone: then its turns soon get longer.
 */
static void adapt_slice(struct point_search *search)
{
	uint64_t *slice_ns = &search->task->slice_ns;

	if (search->came_unchanged)
		*slice_ns = WAIT_SLICE_NS;
	else if (!search->came_again || search->word_count ||
		 *slice_ns >= SLICE_NS)
		*slice_ns = 0;
	else if (!*slice_ns || !search->changed)
		*slice_ns = WAIT_SLICE_NS;
	else
		*slice_ns *= 2;
}

#define NO_DIGEST 1 /* to be had */
#define TASK_GONE 2 /* killed meanwhile */

/* Others have their events; the task may be killed by them, or with them. */
static int settle(struct point_search *search)
{
	struct recorder *recorder = search->recorder;
	int err = recorder_settle(recorder);

	if (err)
		return err;
	return recorder->current == search->task &&
	       search->task->state == TASK_RUNNING ? 0 : TASK_GONE;
}

/* What calls of others have written must have its event before ours. */
static int digest_settled(struct point_search *search,
			  struct memory_digest *digest)
{
	struct recorder *recorder = search->recorder;
	uint64_t events;
	int err = settle(search);

	for (unsigned i = 0; i < DIGEST_TRIES && !err; i++) {
		events = trace_writer_event_count(recorder->writer);
		search->stack_count = record_find_stacks(recorder,
				search->task, search->registers.value[R_RSP],
				search->stacks);
		if (memory_digest_partial(&search->task->task, search->stacks,
					  search->stack_count, digest))
			return NO_DIGEST;
		err = settle(search);
		if (events == trace_writer_event_count(recorder->writer))
			return err;
	}
	return err ? err : NO_DIGEST;
}

static int take_point(struct point_search *search)
{
	struct record_task *task = search->task;
	struct memory_digest digest;
	int err = digest_settled(search, &digest);

	if (err == NO_DIGEST)
		return go_on(search);
	if (err)
		return err < 0 ? err : 0;
	adapt_slice(search);
	err = append_point(search, &digest);
	if (err)
		return err;
	if (search->is_look) {
		record_end_turn(task);
		task->look_pause_ns = 0;
	}
	if (record_deliverable(task))
		return record_deliver_at_point(search->recorder, task);
	return record_go_on(search->recorder, task, 0);
}

/* A place where a jump can be put and that it soon comes by again, if any. */
static enum step look_for_place(struct point_search *search)
{
	enum step step = watch_memory(search);

	for (unsigned i = 0; i < TRIES && step == STEP_LATE; i++) {
		step = find_patchable(search);
		if (step == STEP_DONE && is_patchable(search)) {
			search->came_unchanged = 0;
			step = watch_registers(search);
			search->came_again = step == STEP_DONE;
		} else if (step == STEP_DONE || step == STEP_STAY) {
			step = go_for(search, STRIDE_NS);
		}
	}
	if (step == STEP_LATE) {
		search->changed = 0;
		step = find_patchable(search);
	}
	return step;
}

/*
 * The same where the task spins; else STEP_LATE, or what kept it from that.  A
 * look at its registers alone costs little, and says no nearly always.
 */
static enum step look_for_spinning(struct point_search *search)
{
	enum step step = STEP_CALL;

	if (look_up_registers(search))
		return step;
	step = watch_registers(search);
	if (step == STEP_DONE && search->came_unchanged)
		step = look_for_place(search);
	if (step == STEP_DONE && !search->came_unchanged)
		step = STEP_LATE;
	return step;
}

static int search_and_take(struct point_search *search)
{
	enum step step = search->is_look ? look_for_spinning(search) :
					   look_for_place(search);

	if (step == STEP_OTHER)
		return recorder_handle_status(search->recorder,
					      search->task->task.tid,
					      search->status);
	/* After no step there would be no stop to deliver a signal from. */
	if (step == STEP_CALL || step == STEP_LATE || !search->steps)
		return go_on(search);
	return take_point(search);
}

/* Turns long enough for the points between them not to matter. */
static uint64_t slice_for(uint64_t cost_ns)
{
	uint64_t slice_ns = cost_ns * SLICE_FACTOR;

	return slice_ns < SLICE_NS ? SLICE_NS :
	       slice_ns < SLICE_MAX_NS ? slice_ns : SLICE_MAX_NS;
}

int record_point(struct recorder *recorder, struct record_task *task)
{
	struct point_search search = {
		.recorder = recorder,
		.task = task,
		.is_look = task->point_wanted == POINT_IF_IT_SPINS,
	};
	pid_t tid = task->task.tid;
	uint64_t cost = record_own_time();
	int err;

	task->point_wanted = POINT_NOT_WANTED;
	if (!record_may_run_ahead(task)) {
		task->state = TASK_RUNNING;
		return recorder_resume(task, record_run_request(task), 0);
	}
	if (process_maps_read(task->task.tid, &search.maps)) {
		search.maps = (struct process_maps){ 0 };
		err = go_on(&search);
	} else {
		err = search_and_take(&search);
		process_maps_deinit(&search.maps);
	}
	task = recorder_find(recorder, tid); /* it may be gone */
	cost = record_own_time() - cost;
	if (task && search.is_look && task->look_pause_ns) {
		record_mark_time(task, &task->last_look);
		task->look_pause_ns = slice_for(cost);
	} else if (task && !task->slice_ns) {
		record_mark_time(task, &task->last_point);
		task->point_pause_ns = cost;
		task->slice_ns = slice_for(cost);
	}
	return err;
}
