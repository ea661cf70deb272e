/* SPDX-License-Identifier: MIT */
#include "src/stat.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "src/decode_names.h"
#include "src/dump_tasks.h"
#include "src/syscall_table.h"
#include "traces/report.h"

#define HIGHEST_ERRNO 4095

/* Numbers of errno that one call is told apart by; the kernel's end at 133. */
#define ERRNOS 600

struct call_count {
	int number;
	uint64_t calls, errors;
	uint64_t timed;	  /* calls with a known time */
	uint64_t time_ns; /* theirs in all */
	uint64_t *by_errno; /* ERRNOS, or NULL while there was no error */
};

struct process_count {
	int tgid;
	uint64_t threads, events, calls, errors, signals;
};

struct totals {
	struct call_count *calls;
	size_t call_count;
	struct process_count *processes;
	size_t process_count;
	uint64_t kinds[EVENT_KIND_END];
	struct dump_tasks tasks;
};

/* ---- counting ---- */

static struct call_count *get_call(struct totals *totals, int number)
{
	struct call_count *call;

	for (size_t i = 0; i < totals->call_count; i++) {
		if (totals->calls[i].number == number)
			return &totals->calls[i];
	}
	totals->calls = xrealloc(totals->calls, (totals->call_count + 1) *
				 sizeof(*totals->calls));
	call = &totals->calls[totals->call_count++];
	*call = (struct call_count){.number = number};
	return call;
}

static struct process_count *get_process(struct totals *totals, int tgid)
{
	struct process_count *process;

	/* most often the one made last */
	for (size_t i = totals->process_count; i-- > 0;) {
		if (totals->processes[i].tgid == tgid)
			return &totals->processes[i];
	}
	totals->processes = xrealloc(totals->processes,
				     (totals->process_count + 1) *
				     sizeof(*totals->processes));
	process = &totals->processes[totals->process_count++];
	*process = (struct process_count){.tgid = tgid};
	return process;
}

static void count_call(struct totals *totals, struct process_count *process,
		       int number, int64_t result, uint64_t time_ns)
{
	struct call_count *call = get_call(totals, number);

	call->calls++;
	process->calls++;
	if (time_ns) {
		call->timed++;
		call->time_ns += time_ns;
	}
	if (result >= 0 || result < -HIGHEST_ERRNO)
		return;
	call->errors++;
	process->errors++;
	if (-result >= ERRNOS)
		return;
	if (!call->by_errno)
		call->by_errno = xcalloc(ERRNOS, sizeof(*call->by_errno));
	call->by_errno[-result]++;
}

/* Remembers where calls begin; decoding them is not needed here. */
static void count_end(struct totals *totals, struct process_count *process,
		      struct dump_task *task, const struct event *event)
{
	int is_exec = event->kind == EVENT_EXEC;
	uint64_t time_ns = task->in_call ?
		event->time_ns - task->entered_ns : 0;

	if (is_exec && !task->in_call)
		return; /* the first image was there before the recording */
	count_call(totals, process, is_exec ? task->decoder.call.number :
		   event->detail, is_exec ? 0 : event->result, time_ns);
	task->in_call = 0;
}

static void count_tasks(struct totals *totals, const struct event *event)
{
	for (size_t i = 0; i < event->effect_count; i++) {
		if (event->effects[i].kind == EFFECT_TASK)
			get_process(totals, (int)event->effects[i].offset)
				->threads++;
	}
}

static void count_event(struct totals *totals, const struct event *event)
{
	struct process_count *process;
	struct dump_task *task;

	dump_tasks_learn(&totals->tasks, event);
	count_tasks(totals, event);
	task = dump_tasks_get(&totals->tasks, event->task);
	process = get_process(totals, task->tgid);
	process->events++;
	if (event->kind < EVENT_KIND_END)
		totals->kinds[event->kind]++;
	switch (event->kind) {
	case EVENT_SYSCALL:
		count_call(totals, process, event->detail, event->result, 0);
		break;
	case EVENT_SYSCALL_ENTER:
		task->in_call = 1;
		task->entered_ns = event->time_ns;
		task->decoder.call.number = event->detail;
		break;
	case EVENT_SYSCALL_EXIT:
	case EVENT_EXEC:
		count_end(totals, process, task, event);
		break;
	case EVENT_SIGNAL:
		process->signals++;
		break;
	default:
		break;
	}
}

/* A call that never ended was made all the same. */
static void count_unfinished(struct totals *totals)
{
	for (size_t i = 0; i < totals->tasks.count; i++) {
		struct dump_task *task = totals->tasks.tasks[i];

		if (task->in_call)
			count_call(totals, get_process(totals, task->tgid),
				   task->decoder.call.number, 0, 0);
	}
}

/* ---- showing ---- */

static int compare_calls(const void *left, const void *right)
{
	const struct call_count *a = left, *b = right;

	if (a->calls != b->calls)
		return a->calls < b->calls ? 1 : -1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static double seconds(uint64_t time_ns)
{
	return (double)time_ns / 1e9;
}

static void print_errors(FILE *stream, const struct call_count *call)
{
	const char *between = "  ";

	for (int error = 0; call->by_errno && error < ERRNOS; error++) {
		const char *name = decode_errno(error);

		if (!call->by_errno[error])
			continue;
		if (name)
			fprintf(stream, "%s%s %" PRIu64, between, name,
				call->by_errno[error]);
		else
			fprintf(stream, "%serrno %d %" PRIu64, between, error,
				call->by_errno[error]);
		between = ", ";
	}
}

static void print_calls(FILE *stream, const struct totals *totals)
{
	uint64_t calls = 0, errors = 0, time_ns = 0;

	fprintf(stream, "%9s %9s %12s %11s  %s\n", "calls", "errors",
		"waited s", "us/wait", "system call");
	for (size_t i = 0; i < totals->call_count; i++) {
		const struct call_count *call = &totals->calls[i];

		fprintf(stream, "%9" PRIu64 " ", call->calls);
		if (call->errors)
			fprintf(stream, "%9" PRIu64, call->errors);
		else
			fprintf(stream, "%9s", "");
		if (call->timed)
			fprintf(stream, " %12.6f %11.1f",
				seconds(call->time_ns),
				(double)call->time_ns / 1e3 /
				(double)call->timed);
		else
			fprintf(stream, " %12s %11s", "", "");
		fprintf(stream, "  %s", syscall_name(call->number));
		print_errors(stream, call);
		putc('\n', stream);
		calls += call->calls;
		errors += call->errors;
		time_ns += call->time_ns;
	}
	fprintf(stream, "%9" PRIu64 " %9" PRIu64 " %12.6f %11s  total\n",
		calls, errors, seconds(time_ns), "");
}

static void print_kinds(FILE *stream, const struct totals *totals)
{
	fprintf(stream, "\n%9s  event\n", "count");
	for (int kind = 0; kind < EVENT_KIND_END; kind++) {
		if (totals->kinds[kind])
			fprintf(stream, "%9" PRIu64 "  %s\n",
				totals->kinds[kind],
				event_kind_name((enum event_kind)kind));
	}
}

static void print_processes(FILE *stream, const struct totals *totals)
{
	fprintf(stream, "\n%9s %9s %9s %9s %9s %9s\n", "process", "threads",
		"events", "calls", "errors", "signals");
	for (size_t i = 0; i < totals->process_count; i++) {
		const struct process_count *process = &totals->processes[i];

		fprintf(stream, "%9d %9" PRIu64 " %9" PRIu64 " %9" PRIu64
			" %9" PRIu64 " %9" PRIu64 "\n", process->tgid,
			process->threads, process->events, process->calls,
			process->errors, process->signals);
	}
}

static json_t *count_json(uint64_t count)
{
	return json_integer((json_int_t)count);
}

static json_t *errors_json(const struct call_count *call)
{
	json_t *object = json_object();
	char number[16];

	for (int error = 0; call->by_errno && error < ERRNOS; error++) {
		const char *name = decode_errno(error);

		if (!call->by_errno[error])
			continue;
		snprintf(number, sizeof(number), "%d", error);
		json_object_set_new(object, name ? name : number,
				    count_json(call->by_errno[error]));
	}
	return object;
}

static json_t *calls_json(const struct totals *totals)
{
	json_t *array = json_array();

	for (size_t i = 0; i < totals->call_count; i++) {
		const struct call_count *call = &totals->calls[i];

		json_array_append_new(array, json_pack(
			"{s:s, s:i, s:o, s:o, s:o, s:o, s:o}",
			"call", syscall_name(call->number),
			"number", call->number,
			"calls", count_json(call->calls),
			"errors", count_json(call->errors),
			"by_errno", errors_json(call),
			"timed", count_json(call->timed),
			"time_ns", count_json(call->time_ns)));
	}
	return array;
}

static json_t *processes_json(const struct totals *totals)
{
	json_t *array = json_array();

	for (size_t i = 0; i < totals->process_count; i++) {
		const struct process_count *process = &totals->processes[i];

		json_array_append_new(array, json_pack(
			"{s:i, s:o, s:o, s:o, s:o, s:o}",
			"process", process->tgid,
			"threads", count_json(process->threads),
			"events", count_json(process->events),
			"calls", count_json(process->calls),
			"errors", count_json(process->errors),
			"signals", count_json(process->signals)));
	}
	return array;
}

static json_t *kinds_json(const struct totals *totals)
{
	json_t *object = json_object();

	for (int kind = 0; kind < EVENT_KIND_END; kind++) {
		if (totals->kinds[kind])
			json_object_set_new(
				object, event_kind_name((enum event_kind)kind),
				count_json(totals->kinds[kind]));
	}
	return object;
}

static void print_json(FILE *stream, const struct totals *totals)
{
	json_t *object = json_object();

	json_object_set_new(object, "calls", calls_json(totals));
	json_object_set_new(object, "events", kinds_json(totals));
	json_object_set_new(object, "processes", processes_json(totals));
	json_dumpf(object, stream, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putc('\n', stream);
	json_decref(object);
}

static void print_totals(FILE *stream, struct totals *totals, int json)
{
	if (totals->call_count)
		qsort(totals->calls, totals->call_count,
		      sizeof(*totals->calls), compare_calls);
	if (json) {
		print_json(stream, totals);
		return;
	}
	print_calls(stream, totals);
	print_kinds(stream, totals);
	print_processes(stream, totals);
}

static void totals_deinit(struct totals *totals)
{
	for (size_t i = 0; i < totals->call_count; i++)
		free(totals->calls[i].by_errno);
	free(totals->calls);
	free(totals->processes);
	dump_tasks_deinit(&totals->tasks);
}

int stat_trace(struct trace_reader *reader, FILE *stream, int json)
{
	struct totals totals = {0};
	struct event event;
	int err;

	while ((err = trace_reader_next(reader, &event)) == 0)
		count_event(&totals, &event);
	if (err == TRACE_END) {
		err = 0;
		count_unfinished(&totals);
		print_totals(stream, &totals, json);
		if (fflush(stream) || ferror(stream))
			err = report(-EIO, "write the statistics");
	}
	totals_deinit(&totals);
	return err;
}
