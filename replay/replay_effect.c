/* SPDX-License-Identifier: MIT */
/*
 * Effects of events, applied in their order.  They come from a trace that may
 * be hostile: they can shape the sandboxed task and the memfds of this replay,
 * and nothing else.
 */
#include "replay/replaced_code.h"
#include "replay/replayer.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <unistd.h>

#include "src/extended_state.h"
#include "traces/report.h"

/* ---- mappings ---- */

/*
 * All that a recorder writes.  Others would lock memory, or take pages so large
 * that the mapping reaches beyond its end.
 */
#define MAP_FLAGS_KNOWN (MAP_SHARED | MAP_PRIVATE | MAP_FIXED |	       \
			 MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_STACK |   \
			 MAP_NORESERVE | MAP_POPULATE)
#define PROTECTIONS_KNOWN (PROT_READ | PROT_WRITE | PROT_EXEC)

/* The pages that injected calls are made from stay as they are. */
static int refuse_reserved(const struct replayer *replayer,
			   const struct effect *effect, uint64_t length)
{
	if (!replay_is_reserved(effect->address, length))
		return 0;
	return report(-EBADMSG, "event %llu: the trace wants to change memory "
		      "at %#llx that belongs to reel",
		      (unsigned long long)replayer->event,
		      (unsigned long long)effect->address);
}

static int refused_by_kernel(struct replayer *replayer,
			     struct replay_task *task,
			     const struct event *event,
			     const struct effect *effect, const char *what,
			     int64_t result)
{
	return replay_diverged(replayer, task, event,
			       "%s %#llx bytes at %#llx failed: %s", what,
			       (unsigned long long)effect->extent,
			       (unsigned long long)effect->address,
			       strerror((int)-result));
}

static int map_effect(struct replayer *replayer, struct replay_task *task,
		      const struct event *event, const struct effect *effect)
{
	struct replay_file *file = NULL;
	int64_t result;
	int err;
	uint64_t arguments[6] = { effect->address, effect->extent,
				  effect->protection,
				  effect->flags | MAP_FIXED, (uint64_t)-1,
				  effect->offset };

	if (refuse_reserved(replayer, effect, effect->extent))
		return -EBADMSG;
	if ((effect->flags & ~MAP_FLAGS_KNOWN) ||
	    (effect->protection & ~PROTECTIONS_KNOWN))
		return report(-EBADMSG, "event %llu: a mapping of no known "
			      "kind (protection %#x, flags %#x)",
			      (unsigned long long)replayer->event,
			      effect->protection, effect->flags);
	if (effect->id) {
		file = replay_file_find(replayer, effect->id);
		if (!file)
			return report(-EBADMSG, "event %llu: no file %u in "
				      "the trace",
				      (unsigned long long)replayer->event,
				      effect->id);
		err = replay_file_open(replayer, file);
		if (err)
			return err;
		arguments[4] = (uint64_t)file->fd;
	} else if (!(effect->flags & MAP_SHARED) ||
		   !replayer->keeps_checkpoints) {
		arguments[3] |= MAP_ANONYMOUS;
		arguments[5] = 0;
	} else {
		err = replay_file_nameless(replayer, effect->extent);
		if (err < 0)
			return report(err, "event %llu: make shared memory",
				      (unsigned long long)replayer->event);
		arguments[3] &= ~(uint64_t)MAP_ANONYMOUS;
		arguments[4] = (uint64_t)err;
		arguments[5] = 0;
	}
	result = replay_inject(task, SYS_mmap, arguments);
	if (result == (int64_t)effect->address) {
		replay_name_mapping(task->task.space, effect);
		return 0;
	}
	return refused_by_kernel(replayer, task, event, effect, "mapping",
				 result);
}

static int unmap_effect(struct replayer *replayer, struct replay_task *task,
			const struct effect *effect)
{
	uint64_t arguments[6] = { effect->address, effect->extent };

	if (refuse_reserved(replayer, effect, effect->extent))
		return -EBADMSG;
	replay_inject(task, SYS_munmap, arguments);
	return 0;
}

static int protect_effect(struct replayer *replayer, struct replay_task *task,
			  const struct event *event,
			  const struct effect *effect)
{
	uint64_t arguments[6] = { effect->address, effect->extent,
				  effect->protection };
	int64_t result;

	if (refuse_reserved(replayer, effect, effect->extent))
		return -EBADMSG;
	if (effect->protection & ~PROTECTIONS_KNOWN)
		return report(-EBADMSG, "event %llu: protection %#x",
			      (unsigned long long)replayer->event,
			      effect->protection);
	result = replay_inject(task, SYS_mprotect, arguments);
	if (!result)
		return 0;
	return refused_by_kernel(replayer, task, event, effect, "protecting",
				 result);
}

/* ---- memory and registers ---- */

/* /proc/PID/mem writes to pages of any protection. */
int replay_write(struct replayer *replayer, struct replay_task *task,
		 const struct event *event, const struct effect *effect)
{
	if (refuse_reserved(replayer, effect, effect->length))
		return -EBADMSG;
	if (!address_space_write(task->task.space, effect->address,
				 effect->bytes, effect->length))
		return 0;
	return replay_diverged(replayer, task, event,
			       "%zu bytes that the kernel wrote at %#llx have "
			       "no memory to go to", effect->length,
			       (unsigned long long)effect->address);
}

static int compare_input(struct replayer *replayer, struct replay_task *task,
			 const struct event *event,
			 const struct effect *effect, struct memory *memory)
{
	uint8_t bytes[4096];
	const uint8_t *expected = effect->bytes;
	size_t length = effect->length, at;

	if (length > sizeof(bytes))
		length = sizeof(bytes);
	if (!memory_read(memory, effect->address, bytes, length))
		return replay_diverged(replayer, task, event,
				       "argument %u: %zu bytes at %#llx can't "
				       "be read", effect->id, length,
				       (unsigned long long)effect->address);
	if (!length || !memcmp(bytes, expected, length))
		return 0;
	for (at = 0; bytes[at] == expected[at];)
		at++;
	return replay_diverged(replayer, task, event,
			       "argument %u: byte at %#llx is %#x, recorded "
			       "%#x", effect->id,
			       (unsigned long long)effect->address + at,
			       bytes[at], expected[at]);
}

static int registers_effect(struct replay_task *task,
			    const struct effect *effect)
{
	if (effect->length != sizeof(task->registers))
		return report(-EBADMSG, "registers of %zu bytes in the trace",
			      effect->length);
	memcpy(&task->registers, effect->bytes, sizeof(task->registers));
	task->is_dirty = 1;
	return 0;
}

static int xstate_effect(struct replayer *replayer, struct replay_task *task,
			 const struct effect *effect)
{
	unsigned missing;
	int err = task_set_xstate(&task->task, effect->bytes, effect->length,
				  &missing);

	if (!err)
		return 0;
	if (err == -EOPNOTSUPP)
		return report(err, "event %llu: the program uses %s registers, "
			      "which this processor lacks (record it with "
			      "--cpu=x86-64-v2 or v3)",
			      (unsigned long long)replayer->event,
			      extended_component_name(missing));
	return report(err, "event %llu: set the %zu bytes of extended "
		      "registers", (unsigned long long)replayer->event,
		      effect->length);
}

/*
 * Debug registers watch user memory alone (the kernel checks).  Nothing may
 * trap in the pages that injected calls are made from.
 */
static int debug_effect(struct replayer *replayer, struct replay_task *task,
			const struct effect *effect)
{
	size_t place = offsetof(struct user, u_debugreg) + effect->id * 8;

	if (effect->id < 4 && replay_is_reserved(effect->offset, 8))
		return report(-EBADMSG, "event %llu: the trace wants to watch "
			      "memory that belongs to reel",
			      (unsigned long long)replayer->event);
	if (!ptrace(PTRACE_POKEUSER, task->task.tid, place, effect->offset))
		return 0;
	return report(-errno, "event %llu: set debug register %u",
		      (unsigned long long)replayer->event, effect->id);
}

static void limit_effect(struct replay_task *task, const struct effect *effect)
{
	struct rlimit limit = { effect->address, effect->extent };

	if (effect->id == RLIMIT_STACK &&
	    prlimit(task->task.tid, RLIMIT_STACK, &limit, NULL)) {
		/* The hard limit can't be raised without privilege. */
		getrlimit(RLIMIT_STACK, &limit);
		if (limit.rlim_max > effect->address)
			limit.rlim_cur = effect->address;
		prlimit(task->task.tid, RLIMIT_STACK, &limit, NULL);
	}
}

/* ---- output ---- */

int replay_output(const struct replayer *replayer, int fd, const void *bytes,
		  size_t length)
{
	int err = write_all(fd, bytes, length);

	if (!err || err == -EPIPE)
		return 0;
	return report(err, "event %llu: write the program's output to %s",
		      (unsigned long long)replayer->event,
		      fd == STDOUT_FILENO ? "stdout" : "stderr");
}

struct emission {
	const struct replayer *replayer;
	struct replay_task *task;
	int fd;
	uint64_t left;
};

static int emit_extent(void *context, const struct syscall_extent *extent)
{
	struct emission *emission = context;
	uint64_t length = extent->length, done = 0;
	char bytes[65536];
	int err;

	if (!extent->is_bulk)
		return 0;
	if (length > emission->left)
		length = emission->left;
	emission->left -= length;
	while (done < length) {
		size_t piece = length - done < sizeof(bytes) ?
			length - done : sizeof(bytes);

		if (address_space_read(emission->task->task.space,
				       extent->address + done, bytes, piece))
			return 0;
		err = replay_output(emission->replayer, emission->fd, bytes,
				    piece);
		if (err)
			return err;
		done += piece;
	}
	return 0;
}

static int output_effect(struct replayer *replayer, struct replay_task *task,
			 const struct effect *effect)
{
	struct emission emission = {
		replayer, task, (int)effect->id, effect->extent,
	};

	if (replayer->options->quiet || effect->id < 1 || effect->id > 2)
		return 0;
	if (effect->length)
		return replay_output(replayer, (int)effect->id, effect->bytes,
				     effect->length);
	return syscall_inputs(&task->call, &task->task.space->memory,
			      emit_extent, &emission);
}

/* ---- all of them ---- */

/* Inputs that follow each other are compared with one look at each page. */
static int apply(struct replayer *replayer, struct replay_task *task,
		 const struct event *event, const struct effect *effect,
		 struct memory_pages *pages)
{
	if (effect->kind != EFFECT_INPUT)
		memory_pages_forget(pages);
	switch (effect->kind) {
	case EFFECT_WRITE:
		replaced_code_note(task, effect);
		return replay_write(replayer, task, event, effect);
	case EFFECT_INPUT:
		return compare_input(replayer, task, event, effect,
				     &pages->memory);
	case EFFECT_REGISTERS:
		return registers_effect(task, effect);
	case EFFECT_XSTATE:
		return xstate_effect(replayer, task, effect);
	case EFFECT_MAP:
		return map_effect(replayer, task, event, effect);
	case EFFECT_UNMAP:
		return unmap_effect(replayer, task, effect);
	case EFFECT_PROTECT:
		return protect_effect(replayer, task, event, effect);
	case EFFECT_FILE:
		return replay_file_add(replayer, effect);
	case EFFECT_FILE_WRITE:
	case EFFECT_FILE_SIZE:
	case EFFECT_FILE_PUNCH:
		return replay_file_effect(replayer, effect);
	case EFFECT_OUTPUT:
		return output_effect(replayer, task, effect);
	case EFFECT_DETOUR:
		return replay_detour_effect(task, effect);
	case EFFECT_DEBUG_REGISTER:
		return debug_effect(replayer, task, effect);
	case EFFECT_RLIMIT:
		limit_effect(task, effect);
		return 0;
	default:
		return 0; /* for readers of the trace */
	}
}

int replay_effects(struct replayer *replayer, struct replay_task *task,
		   const struct event *event)
{
	struct memory_pages pages;

	memory_pages_init(&pages, &task->task.space->memory);
	for (size_t i = 0; i < event->effect_count; i++) {
		int err = apply(replayer, task, event, &event->effects[i],
				&pages);

		if (err)
			return err;
	}
	return 0;
}
