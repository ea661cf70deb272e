/* SPDX-License-Identifier: MIT */
/*
 * A divergence: replay differs from the trace.  Fatal, and explained: what was
 * expected, what happened, where the program stood.
 */
#include "replay/replayer.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "replay/inspect.h"

static void print_event(const struct event *event)
{
	fprintf(stderr, "  recorded: event %llu, %s of task %u",
		(unsigned long long)event->number,
		event_kind_name(event->kind), event->task);
	if (event->kind == EVENT_SYSCALL || event->kind == EVENT_SYSCALL_ENTER)
		fprintf(stderr, ": %s(%#llx, %#llx, %#llx, %#llx, %#llx, "
			"%#llx)", syscall_name(event->detail),
			(unsigned long long)event->registers[R_RDI],
			(unsigned long long)event->registers[R_RSI],
			(unsigned long long)event->registers[R_RDX],
			(unsigned long long)event->registers[R_R10],
			(unsigned long long)event->registers[R_R8],
			(unsigned long long)event->registers[R_R9]);
	if (event->kind == EVENT_SYSCALL)
		fprintf(stderr, " = %lld", (long long)event->result);
	fprintf(stderr, "\n            rip %#llx rsp %#llx\n",
		(unsigned long long)event->registers[R_RIP],
		(unsigned long long)event->registers[R_RSP]);
}

static void print_place(struct replayer *replayer, struct replay_task *task)
{
	const struct registers *registers = &task->registers;

	fprintf(stderr, "  replayed: rip %#llx rsp %#llx rax %#llx\n",
		(unsigned long long)registers->value[R_RIP],
		(unsigned long long)registers->value[R_RSP],
		(unsigned long long)registers->value[R_RAX]);
	if (!task->task.tid || kill(task->task.tid, 0) || !proc_is_ours())
		return;
	fprintf(stderr, "  backtrace of task %u (recorded tid %d):\n",
		task->task.serial, task->recorded_tid);
	inspect_print(replayer, task, stderr,
		      INSPECT_BACKTRACE | INSPECT_CODE);
}

int replay_diverged(struct replayer *replayer, struct replay_task *task,
		    const struct event *event, const char *format, ...)
{
	va_list arguments;

	fflush(stdout);
	fprintf(stderr, "reel: replay diverged at event %llu: ",
		(unsigned long long)event->number);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	print_event(event);
	print_place(replayer, task);
	return REPLAY_DIVERGED;
}
