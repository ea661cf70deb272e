/* SPDX-License-Identifier: MIT */
/*
 * System calls while recording.  At the entry the row's inputs are saved, at
 * the exit its outputs; hooks take care of what a row can't say.  A call that
 * ends while its task is still the current one is one event; one that lets
 * others run is announced by SYSCALL_ENTER and ended by SYSCALL_EXIT.
 */
#include "src/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "src/record_agent.h"
#include "src/record_chaos.h"
#include "src/record_cores.h"
#include "src/record_filters.h"
#include "src/record_ptrace.h"
#include "src/record_served.h"
#include "src/record_spaces.h"
#include "src/syscall_rows.h"
#include "traces/report.h"

#define INPUT_TEXT_LIMIT 4096u
#define INPUT_BULK_LIMIT 64u   /* of a payload, a reader needs the start */
#define INPUT_STRUCT_LIMIT 4096u
#define OUTPUT_PIECE (1u << 20)
#define OUTPUT_LIMIT (4u << 20)
#define X32_CALL 0x40000000    /* kernels commonly answer these ENOSYS, too */
#define DIGEST_PAGES 256u      /* budget of a digest between events */

/* A call's result that means "interrupted" (include/linux/errno.h). */
static int is_restart(int64_t result)
{
	return result <= -512 && result >= -516 && result != -515;
}

/* ---- saving memory ---- */

struct save_context {
	struct recorder *recorder; /* NULL: keep it all */
	struct record_task *task;
	struct memory *memory; /* of inputs */
	uint64_t saved;
};

static int save_input(void *context, const struct syscall_extent *extent)
{
	struct record_task *task = ((struct save_context *)context)->task;
	struct memory *memory = ((struct save_context *)context)->memory;
	uint64_t limit = extent->is_text ? INPUT_TEXT_LIMIT :
		extent->is_bulk ? INPUT_BULK_LIMIT : INPUT_STRUCT_LIMIT;
	size_t length = extent->length < limit ? extent->length : limit;
	uint8_t bytes[4096];
	size_t got = memory->read(memory, extent->address, bytes, length);
	struct effect *effect;

	if (!got)
		return 0;
	effect = effect_list_add_bytes(&task->effects, EFFECT_INPUT, bytes,
				       got);
	effect->id = extent->argument;
	effect->address = extent->address;
	effect->extent = extent->length == got ? 0 : extent->length;
	return 0;
}

int record_flush_effects(struct recorder *recorder, struct record_task *task)
{
	struct event event = { .kind = EVENT_NOTE };
	int err = 0;

	if (task->audit)
		return 0;
	if (task->phase == CALL_ENTERED)
		err = record_announce_call(recorder, task);
	if (!err)
		err = recorder_append(recorder, task, &event, &task->effects);
	effect_list_clear(&task->effects);
	return err;
}

static int flush_outputs(struct save_context *context)
{
	context->saved = 0;
	return context->recorder ? record_flush_effects(context->recorder,
							context->task) : 0;
}

static int save_output(void *context, const struct syscall_extent *extent)
{
	struct save_context *saving = context;
	struct record_task *task = saving->task;
	struct scratch_memory memory = record_call_memory(task);
	int is_elsewhere = record_scratch_is_redirected(task, extent->address);
	uint64_t done = 0;

	while (done < extent->length) {
		uint64_t left = extent->length - done;
		size_t piece = left < OUTPUT_PIECE ? left : OUTPUT_PIECE;
		struct effect *effect = effect_list_add_bytes(
			&task->effects, EFFECT_WRITE, NULL, piece);
		size_t got = memory.memory.read(&memory.memory,
						extent->address + done,
						(void *)effect->bytes, piece);

		if (is_elsewhere)
			address_space_write(space_of(task),
					    extent->address + done,
					    effect->bytes, got);
		effect->address = extent->address + done;
		effect->id = extent->argument;
		effect->length = got;
		saving->saved += got;
		if (saving->saved >= OUTPUT_LIMIT && flush_outputs(saving))
			return -EIO;
		if (got < piece)
			break;
		done += got;
	}
	return 0;
}

static int save_inputs(struct record_task *task, struct memory *memory)
{
	struct save_context context = { .task = task, .memory = memory };
	int err = task->has_faulted ? record_agent_take_inputs(task) :
		syscall_inputs(&task->call, memory, save_input, &context);

	task->inputs = task->effects.count;
	return err;
}

/*
 * A read without cache (O_DIRECT) that comes to the end of the file has written
 * more of the buffer than it says (iomap_dio_iter() in fs/iomap/direct-io.c).
 */
static int may_fill_all(const struct record_task *task)
{
	const struct syscall_call *call = &task->call;

	switch (call->number) {
	case SYS_read:
	case SYS_pread64:
		if (call->result >= (int64_t)call->arguments[2])
			return 0;
		break;
	case SYS_readv:
	case SYS_preadv:
	case SYS_preadv2:
		break;
	default:
		return 0;
	}
	return call->result > 0 &&
	       record_open_flags(task, (int)call->arguments[0]) & O_DIRECT;
}

static int save_outputs(struct recorder *recorder, struct record_task *task)
{
	struct save_context context = { recorder, task };
	struct scratch_memory memory = record_call_memory(task);
	struct syscall_call call = task->call;

	if (may_fill_all(task))
		call.result = INT64_MAX;
	return syscall_outputs(&call, &memory.memory, save_output, &context);
}

/* ---- entry ---- */

int record_resume_call(struct recorder *recorder, struct record_task *task)
{
	task->state = task == recorder->current ? TASK_RUNNING : TASK_IN_CALL;
	task->resumed_ns = now_ns();
	return recorder_resume(task, PTRACE_SYSCALL, 0);
}

/* What would be no call without reel is none for the program's filters. */
static int vdso_call_entry(struct recorder *recorder, struct record_task *task)
{
	struct registers changed = task->entry;

	if (!task->filters || !task->filters->lets_us_pass)
		return record_answer(task, record_vdso_answer(recorder, task));
	changed.value[R_RAX] = (uint64_t)-ENOSYS;
	return record_change_call(task, &changed);
}

static int warn_of_supervisor(struct recorder *recorder,
			      struct record_task *task)
{
	static const char text[] = "a call that reel changes or refuses was "
		"left to the program's seccomp supervisor (docs/limits.md)";

	return recorder_warn(recorder, task, text);
}

/*
 * A supervisor sees and answers the call as the program made it.  Whether the
 * kernel makes it after all is for record_notify.c to see.
 */
static int unchange_call(struct recorder *recorder, struct record_task *task)
{
	struct registers entry = task->entry;

	if (!task->has_restore)
		return 0;
	entry.value[R_RAX] = (uint64_t)-ENOSYS;
	task->is_denied = task->is_cancelled;
	task->denied = task->call.result;
	task->has_restore = task->is_cancelled = task->passes = 0;
	task->goes_around = 0;
	if (task_set_registers(&task->task, &entry))
		return -ESRCH;
	return task->is_denied ? 0 : warn_of_supervisor(recorder, task);
}

static int prepare_call(struct recorder *recorder, struct record_task *task)
{
	enum syscall_replay replay = syscall_replay_of(&task->call);
	const struct registers *entry = &task->entry;
	int err;

	/*
	 * There is no such call.  Tracers use -1 to have none made; after any
	 * other, the result is the kernel's, but not behind our filter.
	 */
	if (task->call.number < 0)
		return task->call.number == -1 ? 0 :
			record_answer(task, -ENOSYS);
	/* The syscall instruction leaves rip in rcx; int 0x80 does not. */
	if (entry->value[R_RCX] != entry->value[R_RIP])
		err = record_refuse(recorder, task, -ENOSYS, "a call by int "
				    "0x80 was answered ENOSYS "
				    "(docs/limits.md)");
	else if (task->call.number & X32_CALL)
		err = record_answer(task, -ENOSYS);
	else if (record_cores_hides(recorder, task))
		err = record_answer(task, -ENOENT);
	else if (task->needs_pass)
		err = vdso_call_entry(recorder, task);
	else if (task->has_faulted)
		err = record_answer(task, -EFAULT);
	else if (replay == REPLAY_UNKNOWN)
		err = record_unknown_call(recorder, task);
	else if (replay == REPLAY_REFUSE)
		err = record_answer(task, syscall_refusal(&task->call));
	else
		err = record_hook_entry(recorder, task);
	if (!err && record_seccomp_asks(task))
		err = unchange_call(recorder, task);
	return err;
}

int record_call_begins(struct record_task *task)
{
	const uint64_t *value = task->entry.value;
	const uint64_t arguments[SYSCALL_ARGUMENTS] = {
		value[R_RDI], value[R_RSI], value[R_RDX], value[R_R10],
		value[R_R8], value[R_R9],
	};
	struct expected_word expected;
	struct memory_pages memory;

	memory_pages_init(&memory, &space_of(task)->memory);
	task->at_boundary = 0;
	task->slice_ns = 0;
	task->phase = CALL_ENTERED;
	task->will_wait = record_agent_will_wait(task);
	task->has_faulted = record_agent_has_faulted(task);
	task->was_restarted = task->was_stopped = 0;
	record_seccomp_entry(task);
	effect_list_clear(&task->effects);
	syscall_enter(&task->call, (int)value[R_ORIG_RAX], arguments,
		      &memory.memory);
	return save_inputs(task, record_expected_word(task, &expected,
						      &memory.memory));
}

int record_call_goes_on(struct recorder *recorder, struct record_task *task)
{
	int err = 0;

	if (record_dies_strictly(task)) {
		err = record_die_strictly(task);
		if (err && err != -ESRCH)
			return err;
	} else if (!task->is_skipped) {
		err = prepare_call(recorder, task);
		if (err && err != -ESRCH)
			return err;
		if (!record_seccomp_asks(task))
			record_scratch_entry(recorder, task);
	}
	record_audit_entry(recorder, task);
	record_clone_entry(task);
	err = record_pass_filters(recorder, task);
	if (err && err != -ESRCH)
		return err;
	return record_resume_call(recorder, task);
}

int record_call_restarts(struct recorder *recorder, struct record_task *task)
{
	task->is_interrupted = task->is_repeated = 0;
	task->was_restarted = 1;
	record_scratch_apply(task);
	record_pass_again(task);
	record_wait_restarts(recorder, task);
	record_clone_entry(task);
	return record_resume_call(recorder, task);
}

/*
 * An interrupt that was sent when the task had stopped here already would end
 * the call before it begins, or cut it short.  The exit's stop of a cancelled
 * call takes it back (ptrace_stop()); then the call is made anew.
 */
static int enter_again(struct recorder *recorder, struct record_task *task)
{
	if (record_leave_call(task))
		return 0; /* killed: its death is reported later */
	return record_call_anew(recorder, task, 0);
}

int record_syscall_entry(struct recorder *recorder, struct record_task *task)
{
	struct registers *entry = &task->entry;
	int err;

	if (task->late == LATE_BEGINS)
		return record_agent_late_entry(recorder, task);
	if (task->is_interrupted) {
		/* The kernel restarts the call; the program notices nothing. */
		if (!task->is_repeated &&
		    record_stops_at_entry(recorder, task, &err))
			return err;
		return record_call_restarts(recorder, task);
	}
	if (task_get_registers(&task->task, entry))
		return 0;
	if (task->is_at_filter && record_is_vsyscall(entry))
		return record_vsyscall(recorder, task);
	entry->value[R_RAX] = entry->value[R_ORIG_RAX];
	if (task->was_interrupt_sent)
		return enter_again(recorder, task);
	if (task->withheld && !task->withheld->is_sent &&
	    !record_agent_has_faulted(task) &&
	    !record_chaos_holds(recorder, task))
		return record_deliver_withheld(recorder, task);
	if (record_wants_strict(task))
		return record_release_first(recorder, task);
	err = record_call_begins(task);
	if (err || record_stops_at_entry(recorder, task, &err) ||
	    record_wait_begins_late(recorder, task, &err))
		return err;
	return record_call_goes_on(recorder, task);
}

/* ---- exit ---- */

static void fill_event(const struct record_task *task, struct event *event)
{
	event->detail = task->call.number;
	memcpy(event->registers, task->entry.value, sizeof(event->registers));
}

/* Where the call waits is told by it (record_stuck.c). */
static char *copy_path(const struct record_task *task)
{
	const struct syscall_row *row = task->call.row;

	for (size_t i = 0; row && i < task->inputs; i++) {
		const struct effect *input = &task->effects.effects[i];

		if (row_argument_type(row, input->id) == TYPE_path)
			return xasprintf("%.*s", (int)input->length,
					 (const char *)input->bytes);
	}
	return NULL;
}

int record_announce_call(struct recorder *recorder, struct record_task *task)
{
	struct event event = { .kind = EVENT_SYSCALL_ENTER };
	struct effect_list inputs = task->effects;
	int err;

	bug_unless(task->phase == CALL_ENTERED, "task %d: announced twice",
		   task->task.tid);
	task->phase = CALL_ANNOUNCED;
	free(task->announced_path);
	task->announced_path = copy_path(task);
	fill_event(task, &event);
	inputs.count = task->inputs;
	err = recorder_append(recorder, task, &event, &inputs);
	/* What an interrupted call wrote so far stays for its exit. */
	task->effects.count -= task->inputs;
	if (task->effects.count)
		memmove(task->effects.effects,
			task->effects.effects + task->inputs,
			task->effects.count * sizeof(struct effect));
	task->inputs = 0;
	return err;
}

static int is_pi_futex(const struct record_task *task)
{
	int operation = (int)task->call.arguments[1] & FUTEX_CMD_MASK;

	return task->call.number == SYS_futex &&
	       (operation == FUTEX_LOCK_PI || operation == FUTEX_LOCK_PI2 ||
		operation == FUTEX_WAIT_REQUEUE_PI);
}

/*
 * The call waits: others run now.  A priority-inheriting futex has changed
 * already (FUTEX_WAITERS), which they see (futex(2)).
 */
int record_blocked_call(struct recorder *recorder, struct record_task *task)
{
	struct effect_list effects = { 0 };
	struct event event = { .kind = EVENT_NOTE };
	remote_addr addr = task->call.arguments[0];
	uint32_t word;
	int err = 0;

	if (task->phase == CALL_ENTERED)
		err = record_announce_call(recorder, task);
	if (err || !is_pi_futex(task))
		return err;
	if ((task->call.arguments[1] & FUTEX_CMD_MASK) ==
	    FUTEX_WAIT_REQUEUE_PI)
		addr = task->call.arguments[4];
	if (!address_space_read(space_of(task), addr, &word, sizeof(word))) {
		effect_list_add_bytes(&effects, EFFECT_WRITE, &word,
				      sizeof(word))->address = addr;
		err = recorder_append(recorder, task, &event, &effects);
	}
	effect_list_deinit(&effects);
	return err;
}

static int finish_call(struct recorder *recorder, struct record_task *task)
{
	struct event event = { .kind = EVENT_SYSCALL };
	int err;

	event.result = task->call.result;
	if (task->phase == CALL_ENTERED) {
		fill_event(task, &event);
	} else {
		event.kind = EVENT_SYSCALL_EXIT;
		event.detail = task->call.number;
	}
	task->phase = CALL_NONE;
	task->late = LATE_NOT;
	task->is_stuck_reported = 0;
	task->stuck_since_ns = 0;
	record_scratch_release(task);
	err = recorder_append(recorder, task, &event, &task->effects);
	effect_list_clear(&task->effects);
	return err;
}

static void save_registers(struct record_task *task,
			   const struct registers *now)
{
	uint8_t xstate[EXTENDED_STATE_LENGTH];
	ssize_t length;

	effect_list_add_bytes(&task->effects, EFFECT_REGISTERS, now,
			      sizeof(*now));
	if (task->call.number != SYS_rt_sigreturn)
		return;
	length = task_get_xstate(&task->task, xstate);
	if (length > 0)
		effect_list_add_bytes(&task->effects, EFFECT_XSTATE, xstate,
				      (size_t)length);
}

/* Registers as the program has them after the call, in *now too. */
static int settle_registers(struct record_task *task, struct registers *now)
{
	struct registers expected = task->entry, before = *now;
	int is_as_seen = !task->has_restore && !task->passes;
	int must_set = task->has_restore || task->passes ||
		now->value[R_RAX] != (uint64_t)task->call.result;

	if (task->has_restore)
		*now = task->restore;
	if (task->call.number != SYS_rt_sigreturn || task->is_skipped)
		now->value[R_RAX] = (uint64_t)task->call.result;
	task->has_restore = 0;
	task->is_cancelled = 0;
	/* orig_rax is no part of what the program sees. */
	now->value[R_ORIG_RAX] = expected.value[R_ORIG_RAX];
	expected.value[R_RAX] = now->value[R_RAX];
	if (memcmp(now, &expected, sizeof(expected)))
		save_registers(task, now);
	task->last = *now;
	task->is_fault_placed = 0;
	if (task->call.number == SYS_rt_sigreturn) {
		/* A loop that it goes back to may have the same registers. */
		if (!record_is_pending(task))
			task->last = (struct registers){ 0 };
		else /* no good frame was there */
			task->is_fault_placed =
				record_has_pending(task, SIGSEGV);
	}
	if (!must_set)
		return 0;
	expected = *now;
	expected.value[R_ORIG_RAX] = (uint64_t)-1;
	return is_as_seen ?
		task_change_registers(&task->task, &before, &expected) :
		task_set_registers(&task->task, &expected);
}

int record_call_unmade(struct recorder *recorder, struct record_task *task,
		       int64_t result)
{
	struct registers now = task->entry;
	int err;

	/* As the kernel leaves it; no call has the number -1. */
	now.value[R_RAX] = (uint64_t)-ENOSYS;
	task->call.result = result;
	err = settle_registers(task, &now);
	return err ? err : finish_call(recorder, task);
}

int record_interrupted_call(struct recorder *recorder,
			    struct record_task *task)
{
	int err;

	task->is_interrupted = 0;
	if (task->phase == CALL_NONE)
		return 0;
	err = save_outputs(recorder, task);
	if (err)
		return err;
	memory_copy_destroy(task->audit);
	task->audit = NULL;
	task->has_restore = 0;
	return finish_call(recorder, task);
}

/*
 * The task is killed inside a call, which may have written before: what its
 * outputs hold now is saved, whatever the result would have been.
 */
int record_killed_call(struct recorder *recorder, struct record_task *task)
{
	struct event event = { .kind = EVENT_NOTE };
	int err;

	/* Redirected outputs never reach the program now. */
	if (task->phase != CALL_ANNOUNCED || task->scratch_count)
		return 0;
	task->call.result = -516; /* ERESTART_RESTARTBLOCK: a sleep's rest */
	err = save_outputs(NULL, task);
	task->call.result = INT64_MAX; /* clipped to the room */
	if (!err)
		err = save_outputs(NULL, task);
	if (!err && task->effects.count)
		err = recorder_append(recorder, task, &event, &task->effects);
	effect_list_clear(&task->effects);
	return err;
}

int record_repeat_call(struct recorder *recorder, struct record_task *task,
		       int number)
{
	struct registers again = task->has_restore ? task->restore :
						     task->entry;

	record_site_restart(task, &again.value[R_RIP]);
	again.value[R_RIP] -= 2;
	again.value[R_RAX] = (uint64_t)number;
	again.value[R_ORIG_RAX] = (uint64_t)-1;
	task->is_interrupted = task->is_repeated = 1;
	if (task_set_registers(&task->task, &again))
		return 0;
	return record_resume_call(recorder, task);
}

/* A filter answered: nothing has happened but the result. */
static int skipped_exit(struct recorder *recorder, struct record_task *task,
			struct registers *now)
{
	int err;

	effect_list_add(&task->effects, EFFECT_SKIPPED);
	err = record_audit_exit(recorder, task);
	if (!err)
		err = settle_registers(task, now);
	if (err && err != -ESRCH)
		return err;
	err = finish_call(recorder, task);
	return err ? err : record_go_on(recorder, task, DUE_EXIT);
}

/* A vfork, which lets its caller wait for the child. */
static int makes_child_wait(const struct record_task *task)
{
	int number = task->call.number;

	return task->call.result > 0 &&
	       (number == SYS_vfork || ((number == SYS_clone ||
					 number == SYS_clone3) &&
					(task->clone_flags & CLONE_VFORK)));
}

/*
 * It will be made again, unless a handler comes first: only then do its outputs
 * (what is left of a sleep) become the program's.
 */
static int interrupted_call(struct recorder *recorder,
			    struct record_task *task, struct registers *now)
{
	int err = 0;

	task->is_interrupted = 1;
	record_scratch_undo(task, now);
	if (task->passes)
		task_set_registers(&task->task, now);
	task->last = *now;
	if (err || record_stops_at_restart(recorder, task, &err))
		return err;
	return record_resume_call(recorder, task);
}

static int returned_call(struct recorder *recorder, struct record_task *task,
			 struct registers *now)
{
	int err;

	record_hook_result(recorder, task);
	err = save_outputs(recorder, task);
	record_agent_after_call(recorder, task);
	record_served_after_call(recorder, task);
	if (!err && task->is_denied) /* nobody who is recorded answered */
		err = warn_of_supervisor(recorder, task);
	if (!err)
		err = record_hook_exit(recorder, task);
	if (!err)
		err = record_audit_exit(recorder, task);
	if (err && err != -ESRCH)
		return err;
	record_call_site(recorder, task);
	err = settle_registers(task, now);
	if (err && err != -ESRCH)
		return err;
	/* A loop that it returns to may come by with the same registers. */
	if (task->call.number == SYS_rt_sigreturn && !record_is_pending(task))
		task->last = (struct registers){ { 0 } };
	err = finish_call(recorder, task);
	/* Another one may be running in the same memory right now. */
	if (!err && task == recorder->current &&
	    record_digest_is_due(recorder, task))
		err = record_digest(recorder, task, DIGEST_PAGES);
	if (err)
		return err;
	return record_go_on(recorder, task, makes_child_wait(task) ?
			    DUE_VFORK_DONE | DUE_EXIT : DUE_EXIT);
}

int record_syscall_exit(struct recorder *recorder, struct record_task *task)
{
	struct registers now;
	int err;

	if (task_get_registers(&task->task, &now))
		return 0;
	record_unpass(task, &now);
	record_dispatch_on(task);
	record_pin_again(recorder, task);
	record_clone_exit(task);
	if (!task->is_cancelled)
		task->call.result = (int64_t)now.value[R_RAX];
	if (task->is_skipped)
		return skipped_exit(recorder, task, &now);
	if (task->call.number == SYS_rt_sigreturn)
		task->call.result = 0;
	else if ((task->call.number == SYS_execve ||
		  task->call.number == SYS_execveat) && !task->call.result)
		return record_exec_exit(recorder, task);
	if (record_wait_exit(recorder, task, &now, &err) == WAIT_GOES_ON)
		return err;
	if (is_restart(task->call.result))
		return interrupted_call(recorder, task, &now);
	record_restore_mask(task, task);
	if ((task->call.result == -EINTR && !task->is_cancelled &&
	     record_only_ignored_pending(task)) ||
	    record_has_no_signal(task))
		return record_repeat_call(recorder, task, task->call.number);
	if (task->call.number == SYS_mremap && task->call.result == -EFAULT &&
	    record_join_held(recorder, task))
		return record_repeat_call(recorder, task, SYS_mremap);
	if (record_filter_wants_retry(task)) {
		task->has_restore = task->passes = 0;
		return record_repeat_call(recorder, task, task->call.number);
	}
	return returned_call(recorder, task, &now);
}
