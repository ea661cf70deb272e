/* SPDX-License-Identifier: MIT */
/*
 * A divergence: replay differs from the trace.  Fatal, and explained: what was
 * expected, what happened, where the program stood.
 */
#include "replay/replayer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay/confinement.h"
#include "src/backtrace.h"
#include "src/disassembly.h"
#include "src/process_maps.h"
#include "traces/report.h"

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

static void print_code(struct replayer *replayer, struct replay_task *task,
		       const struct process_maps *maps)
{
	struct code_map *code = xcalloc(maps->count + 1, sizeof(*code));

	for (size_t i = 0; i < maps->count; i++)
		code[i] = (struct code_map){
			.start = maps->maps[i].start,
			.end = maps->maps[i].end,
			.protection = maps->maps[i].protection,
			.offset = maps->maps[i].offset,
			.name = maps->maps[i].name,
			.fd = maps->maps[i].inode ?
				replay_file_with_inode(replayer,
					maps->maps[i].inode) : -1,
		};
	if (!confine_reader()) {
		backtrace_print(stderr, &task->task.space->memory,
				&task->registers, code, maps->count);
		disassembly_print(stderr, &task->task.space->memory,
				  task->registers.value[R_RIP]);
	}
	free(code);
}

/*
 * In a process of its own: the files that are read for symbols, unwind tables
 * and lines are the trace's, and may be made to break who reads them.
 */
static void print_confined(struct replayer *replayer, struct replay_task *task,
			   const struct process_maps *maps)
{
	pid_t child = fork();
	int status;

	if (child < 0) {
		report(-errno, "show where the task stood");
		return;
	}
	if (child == 0) {
		print_code(replayer, task, maps);
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return;
	if (WIFSIGNALED(status))
		report(0, "the place can't be shown in full: reading the "
		       "program's symbols ended with %s",
		       strsignal(WTERMSIG(status)));
}

static void print_place(struct replayer *replayer, struct replay_task *task)
{
	struct registers *registers = &task->registers;
	struct process_maps maps;

	fprintf(stderr, "  replayed: rip %#llx rsp %#llx rax %#llx\n",
		(unsigned long long)registers->value[R_RIP],
		(unsigned long long)registers->value[R_RSP],
		(unsigned long long)registers->value[R_RAX]);
	if (!task->task.tid || process_maps_read(task->task.tid, &maps))
		return;
	fprintf(stderr, "  backtrace of task %u (recorded tid %d):\n",
		task->task.serial, task->recorded_tid);
	print_confined(replayer, task, &maps);
	process_maps_deinit(&maps);
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
