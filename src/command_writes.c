/* SPDX-License-Identifier: MIT */
/*
 * The trace is read twice before it is replayed: for its snapshots, then for
 * what its calls do to descriptors, which tells those that changed the memfd.
 * The replay stops at each of these, and on its way finds the stores through
 * shared mappings.
 */
#include "src/command_writes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "replay/store_watch.h"
#include "src/descriptors.h"
#include "src/dump.h"
#include "src/syscall_table.h"
#include "src/trace_files.h"
#include "traces/report.h"

/* A call that changed a memfd. */
struct change {
	const struct memfd *memfd;
	enum memfd_change kind;
	uint64_t event;
	uint64_t start, length, offset; /* of a mapping */
	int protection;
	char *line; /* as reel dump prints it */
};

struct writes {
	struct inspection *inspection;
	struct trace_file file; /* the snapshot */
	char *label;
	struct descriptors descriptors;
	struct change *changes; /* in order; in the end: of the memfd alone */
	size_t change_count, room;
	FILE *text; /* what lines are printed to, and where they are then */
	char *bytes;
	size_t size, line_count;
	/* The function that stores: pages it has stored to, but the first. */
	uint64_t more_pages, last_event, last_stack;
	const struct replay_task *last_task;
};

/* ---- which snapshot ---- */

static int name_is_ambiguous(const struct trace_files *files, const char *name,
			     enum file_fit best)
{
	report(0, "bt: several memfds are called %s; name one as %s@EVENT:",
	       name, name);
	for (size_t i = 0; i < files->count; i++)
		if ((files->files[i].use & FILE_MEMFD) &&
		    trace_file_fit(&files->files[i], name) == best)
			trace_file_print_candidate(&files->files[i]);
	return -EINVAL;
}

/*
 * Of the snapshots that one memfd had, a name means the last; the one that was
 * first used at an event, if that is not 0.
 */
static int find_snapshot(const struct trace_files *files, const char *name,
			 uint64_t event, struct trace_file *file_out)
{
	const struct trace_file *found = NULL;
	enum file_fit best = FIT_NONE;
	int is_other = 0, is_ambiguous = 0;

	for (size_t i = 0; i < files->count; i++) {
		const struct trace_file *file = &files->files[i];
		enum file_fit fit = trace_file_fit(file, name);

		if (!(file->use & FILE_MEMFD)) {
			is_other |= fit != FIT_NONE;
			continue;
		}
		if (!fit || fit < best || (event && event != file->event))
			continue;
		is_ambiguous = fit == best &&
			       (is_ambiguous || found->id != file->id);
		best = fit;
		found = file;
	}
	if (is_ambiguous)
		return name_is_ambiguous(files, name, best);
	if (!found && is_other)
		return report(-ENOENT, "%s is not a memfd", name);
	if (!found && event)
		return report(-ENOENT, "no snapshot %s in the trace that event "
			      "%" PRIu64 " first used", name, event);
	if (!found)
		return report(-ENOENT, "no snapshot %s in the trace (reel "
			      "snapshots lists them)", name);
	*file_out = *found;
	return 0;
}

/* NAME or NAME@EVENT. */
static int read_snapshot(struct writes *writes, const char *name)
{
	AUTO(heap_free) char *own = xstrdup(name);
	struct trace_files files = { 0 };
	char *at = strrchr(own, '@');
	uint64_t event = 0;
	int err = trace_files_read(writes->inspection->reader, &files);

	if (at && at[1] && !at[1 + strspn(at + 1, "0123456789")]) {
		event = strtoull(at + 1, NULL, 10);
		*at = '\0';
	}
	if (!err)
		err = find_snapshot(&files, own, event, &writes->file);
	writes->label = writes->file.label ? xstrdup(writes->file.label) : NULL;
	writes->file.label = NULL; /* it goes with the others */
	trace_files_deinit(&files);
	return err;
}

/* ---- which calls ---- */

static void keep_change(void *context, const struct event *event,
			const struct memfd *memfd, enum memfd_change kind)
{
	struct writes *writes = context;
	struct change *change;

	if (writes->change_count == writes->room) {
		writes->room = writes->room * 2 + 64;
		writes->changes = xrealloc(writes->changes, writes->room *
					   sizeof(*writes->changes));
	}
	change = &writes->changes[writes->change_count++];
	*change = (struct change){
		.memfd = memfd,
		.kind = kind,
		.event = event->number,
	};
}

/* What mmap was asked for: its event has it, or that of its beginning. */
static void note_mapping(struct writes *writes, const struct event *event)
{
	struct change *change = &writes->changes[writes->change_count - 1];
	const struct dump_task *task =
		descriptors_find_serial(&writes->descriptors, event->task);
	const uint64_t *arguments = task ? task->decoder.call.arguments : NULL;

	if (!arguments || change->event != event->number ||
	    change->kind != MEMFD_MAPPED)
		return;
	change->start = (uint64_t)event->result;
	change->length = arguments[1];
	change->protection = (int)arguments[2];
	change->offset = arguments[5];
}

/* "/memfd:NAME (deleted)", as the kernel calls it. */
static int has_label(const struct memfd *memfd, const char *label)
{
	AUTO(heap_free) char *own = xasprintf("/memfd:%s (deleted)",
					      memfd->name);

	return label && !strcmp(own, label);
}

/* By its label, where the use does not tell (interpreters): the only one. */
static const struct memfd *find_memfd_by_name(const struct writes *writes)
{
	const struct memfd *found = NULL;

	for (const struct memfd *memfd = writes->descriptors.memfds; memfd;
	     memfd = memfd->next) {
		if (!has_label(memfd, writes->label))
			continue;
		if (found)
			return NULL;
		found = memfd;
	}
	return found;
}

static const struct memfd *find_memfd(const struct writes *writes)
{
	for (const struct memfd *memfd = writes->descriptors.memfds; memfd;
	     memfd = memfd->next)
		for (size_t i = 0; i < memfd->file_count; i++)
			if (memfd->files[i] == writes->file.id)
				return memfd;
	return find_memfd_by_name(writes);
}

static int find_changes(struct writes *writes, const char *name)
{
	struct trace_reader *reader = writes->inspection->reader;
	struct event event = { 0 };
	const struct memfd *memfd;
	size_t kept = 0;
	int err = trace_reader_seek(reader, 1);

	writes->descriptors.changed = keep_change;
	writes->descriptors.context = writes;
	while (!err && event.number < writes->file.event) {
		err = trace_reader_next(reader, &event);
		if (err)
			break;
		descriptors_follow(&writes->descriptors, &event);
		if (writes->change_count)
			note_mapping(writes, &event);
	}
	if (err)
		return err > 0 ? -EBADMSG : err;
	memfd = find_memfd(writes);
	if (!memfd)
		return report(-ENOENT, "the call that made %s, which event %"
			      PRIu64 " uses", name, writes->file.event);
	for (size_t i = 0; i < writes->change_count; i++)
		if (writes->changes[i].memfd == memfd)
			writes->changes[kept++] = writes->changes[i];
	writes->change_count = kept;
	printf("%s, made at event %" PRIu64 ", as event %" PRIu64
	       " used it\n", memfd->name, memfd->event, writes->file.event);
	return 0;
}

/* ---- their lines ---- */

static int keep_line(void *context, const struct event *event)
{
	struct writes *writes = context;

	(void)event;
	fputc('\0', writes->text);
	writes->line_count++;
	return 0;
}

static void share_out_lines(struct writes *writes)
{
	char *line = writes->bytes;

	for (size_t i = 0; i < writes->line_count &&
	     i < writes->change_count; i++) {
		writes->changes[i].line = line;
		line += strlen(line) + 1;
	}
}

static int read_lines(struct writes *writes)
{
	uint64_t *only = xcalloc(writes->change_count + 1, sizeof(*only));
	struct dump_options options = {
		.from = 1,
		.only = only,
		.only_count = writes->change_count,
		.after_line = keep_line,
		.context = writes,
	};
	int err = trace_reader_seek(writes->inspection->reader, 1);

	for (size_t i = 0; i < writes->change_count; i++)
		only[i] = options.to = writes->changes[i].event;
	writes->text = open_memstream(&writes->bytes, &writes->size);
	options.stream = writes->text;
	if (!writes->text)
		err = report(-errno, "keep lines of the dump");
	if (!err && writes->change_count)
		err = dump_trace(writes->inspection->reader, &options);
	if (writes->text)
		fclose(writes->text);
	share_out_lines(writes);
	free(only);
	return err;
}

/* ---- printing ---- */

static void end_stores(struct writes *writes)
{
	if (writes->more_pages)
		printf("  and to %" PRIu64 " more page%s\n",
		       writes->more_pages, writes->more_pages > 1 ? "s" : "");
	writes->more_pages = 0;
	writes->last_task = NULL;
}

/* One function that fills many pages is shown once. */
static void print_store(void *context, const struct store *store)
{
	struct writes *writes = context;
	struct replayer *replayer = writes->inspection->replayer;
	struct inspect_task about = inspect_describe(store->task);
	struct registers registers;

	if (inspect_registers(replayer, store->task, &registers))
		return;
	if (!store->is_by_call && store->task == writes->last_task &&
	    store->event == writes->last_event &&
	    registers.value[R_RSP] == writes->last_stack) {
		writes->more_pages++;
		return;
	}
	end_stores(writes);
	if (!store->is_by_call) {
		writes->last_task = store->task;
		writes->last_event = store->event;
		writes->last_stack = registers.value[R_RSP];
	}
	printf("       [%d] %s event %" PRIu64 " to %#" PRIx64
	       ", offset %#" PRIx64 "\n", about.tid,
	       store->is_by_call ? "stored by the call of" : "stored before",
	       store->event, store->address, store->offset);
	inspect_print(replayer, store->task, stdout, INSPECT_BACKTRACE);
}

static int print_change(struct writes *writes, struct store_watch *watch,
			const struct change *change)
{
	struct replayer *replayer = writes->inspection->replayer;
	struct replay_task *task;
	int err = store_watch_go(watch, change->event);

	end_stores(writes);
	if (err)
		return err;
	task = inspect_current(replayer);
	fputs(change->line ? change->line : "", stdout);
	if (!task)
		return 0;
	err = inspect_print(replayer, task, stdout, INSPECT_BACKTRACE);
	if (err || change->kind != MEMFD_MAPPED || !change->length)
		return err;
	return store_watch_add(watch, task, change->start, change->length,
			       change->offset, change->protection);
}

static int replay_changes(struct writes *writes)
{
	struct store_watch *watch =
		store_watch_create(writes->inspection->replayer, print_store,
				   writes);
	int err = 0;

	for (size_t i = 0; i < writes->change_count && !err; i++)
		err = print_change(writes, watch, &writes->changes[i]);
	if (!err)
		err = store_watch_go(watch, writes->file.event);
	end_stores(writes);
	store_watch_destroy(watch);
	return err;
}

int print_writes(struct inspection *inspection, const char *trace,
		 const char *name)
{
	struct writes writes = { .inspection = inspection };
	int err = inspection_open(inspection, trace);

	descriptors_init(&writes.descriptors);
	if (!err)
		err = read_snapshot(&writes, name);
	if (!err)
		err = find_changes(&writes, name);
	if (!err)
		err = read_lines(&writes);
	if (!err)
		err = replay_changes(&writes);
	descriptors_deinit(&writes.descriptors);
	free(writes.changes);
	free(writes.bytes);
	free(writes.label);
	return err;
}
