/* SPDX-License-Identifier: MIT */
#include "src/dump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "src/decode.h"
#include "src/decode_types.h"
#include "src/dump_json.h"
#include "src/dump_tasks.h"
#include "src/instruction.h"
#include "src/registers.h"
#include "traces/report.h"

/* Hexadecimal digits of a hash: enough to name a snapshot. */
#define HASH_BYTES_SHOWN 6

struct dump {
	const struct dump_options *options;
	struct dump_tasks tasks;
	struct dump_files files;
	struct text text;
};

/* ---- files, which later events name by number ---- */

static void learn_file(struct dump_files *files, const struct effect *effect)
{
	struct dump_file *file;

	if (effect->length < sizeof(struct event_file))
		return;
	files->files = xrealloc(files->files, (files->count + 1) *
				sizeof(*files->files));
	file = &files->files[files->count++];
	file->id = effect->id;
	memcpy(&file->fixed, effect->bytes, sizeof(file->fixed));
}

static void learn_files(struct dump_files *files, const struct event *event)
{
	for (size_t i = 0; i < event->effect_count; i++) {
		if (event->effects[i].kind == EFFECT_FILE)
			learn_file(files, &event->effects[i]);
	}
}

const struct dump_file *dump_files_find(const struct dump_files *files,
					uint32_t id)
{
	for (size_t i = files->count; id && i-- > 0;) {
		if (files->files[i].id == id)
			return &files->files[i];
	}
	return NULL;
}

static void add_hash(struct text *text, const struct dump_file *file)
{
	text_add(text, "sha256:");
	for (unsigned i = 0; i < HASH_BYTES_SHOWN; i++)
		text_format(text, "%02x", file->fixed.sha256[i]);
}

/* ---- lines ---- */

static void begin_line(struct dump *dump, const struct event *event,
		       const struct dump_task *task)
{
	text_cut(&dump->text, 0);
	text_format(&dump->text, "%6" PRIu64 " [%d] %" PRIu64 ".%06u ",
		    event->number, task->tid, event->time_ns / 1000000000,
		    (unsigned)(event->time_ns % 1000000000 / 1000));
}

static void add_indent(struct text *text)
{
	text_add(text, "\n           ");
}

static void add_map(struct dump *dump, const struct effect *map)
{
	const struct dump_file *file = dump_files_find(&dump->files, map->id);
	struct text *text = &dump->text;

	add_indent(text);
	text_format(text, "%012" PRIx64 "-%012" PRIx64 " %c%c%c%c %08" PRIx64
		    " ", map->address, map->address + map->extent,
		    map->protection & PROT_READ ? 'r' : '-',
		    map->protection & PROT_WRITE ? 'w' : '-',
		    map->protection & PROT_EXEC ? 'x' : '-',
		    (map->flags & 3) == MAP_PRIVATE ? 'p' : 's', map->offset);
	if (map->length)
		text_label(text, map->bytes, map->length);
	else
		text_add(text, "anonymous");
	if (!file)
		return;
	text_add(text, " ");
	add_hash(text, file);
}

static void add_file(struct dump *dump, const struct effect *effect)
{
	const struct dump_file *file =
		dump_files_find(&dump->files, effect->id);
	const size_t fixed = sizeof(struct event_file);

	if (!file)
		return;
	add_indent(&dump->text);
	text_add(&dump->text, "snapshot ");
	add_hash(&dump->text, file);
	text_format(&dump->text, " %" PRIu64 " bytes ", effect->extent);
	text_label(&dump->text, (const char *)effect->bytes + fixed,
		   effect->length - fixed);
}

static void add_snapshots(struct dump *dump, const struct event *event)
{
	for (size_t i = 0; i < event->effect_count; i++) {
		if (event->effects[i].kind == EFFECT_FILE)
			add_file(dump, &event->effects[i]);
	}
}

/* ---- calls ---- */

static void add_exit(struct dump *dump, const struct event *event,
		     struct dump_task *task)
{
	struct text *text = &dump->text;

	if (!task->in_call) {
		text_format(text, "<... %s resumed>) = %" PRId64
			    " (its beginning is not in the trace)",
			    syscall_name(event->detail), event->result);
	} else if (task->entered < dump->options->from) {
		decode_call(&task->decoder, text);
		text_format(text, " (began at event %" PRIu64 ")",
			    task->entered);
	} else {
		text_format(text, "<... %s resumed>",
			    syscall_name(event->detail));
		decode_rest(&task->decoder, text);
	}
	task->in_call = 0;
}

static int never_returns(int number)
{
	return number == SYS_exit || number == SYS_exit_group;
}

static void add_call(struct dump *dump, const struct event *event,
		     struct dump_task *task)
{
	if (event->kind == EVENT_SYSCALL || never_returns(event->detail)) {
		decode_call(&task->decoder, &dump->text);
	} else if (event->kind == EVENT_SYSCALL_ENTER) {
		decode_entry(&task->decoder, &dump->text);
		if (dump->text.bytes[dump->text.length - 1] != '(' &&
		    dump->text.bytes[dump->text.length - 1] != ' ')
			text_add(&dump->text, " ");
		text_add(&dump->text, "<unfinished ...>");
	} else {
		add_exit(dump, event, task);
	}
	if (event_find_effect(event, EFFECT_SKIPPED))
		text_add(&dump->text, " (answered by a seccomp filter)");
	add_snapshots(dump, event);
}

/* ---- events that are no calls ---- */

static void add_signal(struct text *text, const struct event *event)
{
	static const char *const outcomes[] = {
		[SIGNAL_HANDLED] = "handled", [SIGNAL_FATAL] = "fatal",
		[SIGNAL_IGNORED] = "ignored", [SIGNAL_STOPS] = "stops",
		[SIGNAL_TRACED] = "traced",
	};
	const struct effect *info = event_find_effect(event, EFFECT_SIGINFO);
	const struct effect *after = event_find_effect(event, EFFECT_REGISTERS);
	uint64_t handler;

	text_add(text, "--- ");
	decode_signal(text, event->signal);
	text_add(text, " ");
	if (info)
		decode_siginfo(text, info->bytes, info->length);
	text_add(text, " ---");
	if (event->result < SIGNAL_HANDLED || event->result > SIGNAL_TRACED)
		return;
	text_format(text, " (%s", outcomes[event->result]);
	if (event->result == SIGNAL_HANDLED && after &&
	    after->length >= (R_RIP + 1) * sizeof(handler)) {
		memcpy(&handler, (const char *)after->bytes +
		       R_RIP * sizeof(handler), sizeof(handler));
		text_format(text, " at %#" PRIx64, handler);
	}
	if (event->detail == SIGNAL_AT_FAULT)
		text_format(text, ", raised at %#" PRIx64,
			    event->registers[R_RIP]);
	text_add(text, ")");
}

static void add_clone(struct text *text, const struct event *event)
{
	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];
		uint64_t flags = effect->extent & ~UINT64_C(0xff);

		if (effect->kind != EFFECT_TASK)
			continue;
		text_format(text, "+++ new %s %" PRIu64,
			    effect->address == effect->offset ? "process" :
			    "thread", effect->address);
		if (effect->address != effect->offset)
			text_format(text, " of process %" PRIu64,
				    effect->offset);
		text_format(text, " (task %" PRIu32, effect->id);
		if (flags) {
			text_add(text, ", ");
			decode_flags(text, names_clone_flags, flags);
		}
		text_add(text, ") +++");
	}
}

static const char *text_name(uint32_t id)
{
	static const char *const names[] = {
		[TEXT_COMM] = "comm", [TEXT_EXE] = "exe",
		[TEXT_EXECFN] = "execfn", [TEXT_WARNING] = "warning",
		[TEXT_STUCK] = "stuck", [TEXT_MOUNT] = "mount",
	};

	return id >= TEXT_COMM && id <= TEXT_MOUNT ? names[id] : "text";
}

static void add_exec(struct dump *dump, const struct event *event,
		     struct dump_task *task)
{
	struct text *text = &dump->text;
	const char *between = "";

	if (task->in_call) {
		text_format(text, "<... %s resumed>",
			    syscall_name(task->decoder.call.number));
		decode_rest(&task->decoder, text);
		task->in_call = 0;
		add_indent(text);
	}
	text_add(text, "+++ exec ");
	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];

		if (effect->kind != EFFECT_TEXT)
			continue;
		text_format(text, "%s%s=", between, text_name(effect->id));
		text_quote(text, effect->bytes, effect->length);
		between = ", ";
	}
	text_add(text, " +++");
	for (size_t i = 0; i < event->effect_count; i++) {
		if (event->effects[i].kind == EFFECT_MAP)
			add_map(dump, &event->effects[i]);
	}
}

static void add_task_exit(struct text *text, int status)
{
	if (WIFEXITED(status)) {
		text_format(text, "+++ exited with %d +++",
			    WEXITSTATUS(status));
		return;
	}
	if (!WIFSIGNALED(status)) {
		text_format(text, "+++ gone with status %#x +++",
			    (unsigned)status);
		return;
	}
	text_add(text, "+++ killed by ");
	decode_signal(text, WTERMSIG(status));
	text_add(text, WCOREDUMP(status) ? " (core dumped) +++" : " +++");
}

static const struct decode_name instruction_names[] = {
	{INSTRUCTION_RDTSC, "rdtsc"},	{INSTRUCTION_RDTSCP, "rdtscp"},
	{INSTRUCTION_CPUID, "cpuid"},	{INSTRUCTION_RDRAND, "rdrand"},
	{INSTRUCTION_RDSEED, "rdseed"}, {INSTRUCTION_RDPID, "rdpid"},
	{INSTRUCTION_XGETBV, "xgetbv"}, {INSTRUCTION_FXSAVE, "fxsave"},
	{INSTRUCTION_NONE, "new code"},
	{0, NULL},
};

const char *dump_instruction_name(int32_t kind)
{
	const char *name = decode_name(instruction_names, (uint64_t)kind);

	return name ? name : "instruction";
}

/* General registers that an instruction may give a result in. */
static const struct decode_name result_registers[] = {
	{R_RAX, "rax"}, {R_RBX, "rbx"}, {R_RCX, "rcx"}, {R_RDX, "rdx"},
	{R_RSI, "rsi"}, {R_RDI, "rdi"}, {R_RBP, "rbp"}, {R_R8, "r8"},
	{R_R9, "r9"},	{R_R10, "r10"}, {R_R11, "r11"}, {R_R12, "r12"},
	{R_R13, "r13"}, {R_R14, "r14"}, {R_R15, "r15"}, {0, NULL},
};

static void add_changes(struct text *text, const uint64_t *before,
			const struct effect *after)
{
	const struct decode_name *name = result_registers;
	const char *between = "";
	struct registers registers;

	if (after->length != sizeof(registers))
		return;
	memcpy(&registers, after->bytes, sizeof(registers));
	for (; name->name; name++) {
		uint64_t value = registers.value[name->value];

		if (value == before[name->value])
			continue;
		text_format(text, "%s%s=%#" PRIx64, between, name->name,
			    value);
		between = ", ";
	}
	if (!*between)
		text_format(text, "%#" PRIx64, registers.value[R_RAX]);
}

static void add_instruction(struct text *text, const struct event *event)
{
	const struct effect *after = event_find_effect(event, EFFECT_REGISTERS);
	const uint64_t *before = event->registers;

	text_format(text, "%s", dump_instruction_name(event->detail));
	if (event->detail == INSTRUCTION_CPUID)
		text_format(text, "(%#x, %#x)", (unsigned)before[R_RAX],
			    (unsigned)before[R_RCX]);
	text_add(text, " = ");
	if (after && event->detail == INSTRUCTION_RDTSC &&
	    after->length == sizeof(struct registers)) {
		struct registers registers;

		memcpy(&registers, after->bytes, sizeof(registers));
		text_format(text, "%#" PRIx64, registers.value[R_RDX] << 32 |
			    (uint32_t)registers.value[R_RAX]);
	} else if (after) {
		add_changes(text, before, after);
	} else {
		text_format(text, "%#" PRIx64, (uint64_t)event->result);
	}
	text_format(text, " at %#" PRIx64, before[R_RIP]);
}

static void add_digest(struct text *text, const struct event *event)
{
	const struct effect *digest = event_find_effect(event, EFFECT_DIGEST);

	text_add(text, "digest");
	if (digest)
		text_format(text, " %016" PRIx64 " of %" PRIu64
			    " pages of memory", digest->offset,
			    digest->extent);
}

static void add_point(struct text *text, const struct event *event)
{
	text_format(text, "point at %#" PRIx64 " ",
		    event->registers[R_RIP]);
	add_digest(text, event);
}

/* What a tracer in the program changed. */
static void add_tracer(struct text *text, const struct event *event)
{
	const char *between = "tracer changes ";

	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];

		text_add(text, between);
		between = ", ";
		if (effect->kind == EFFECT_WRITE)
			text_format(text, "%zu bytes at %#" PRIx64,
				    effect->length, effect->address);
		else if (effect->kind == EFFECT_DEBUG_REGISTER)
			text_format(text, "dr%" PRIu32 " to %#" PRIx64,
				    effect->id, effect->offset);
		else
			text_add(text, effect_kind_name(effect->kind));
	}
}

static void add_note(struct dump *dump, const struct event *event)
{
	struct text *text = &dump->text;
	const char *between = "note: ";

	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];

		if (effect->kind == EFFECT_TEXT) {
			text_format(text, "%s%s: ", between,
				    text_name(effect->id));
			text_label(text, effect->bytes, effect->length);
			between = "; ";
		} else if (effect->kind == EFFECT_WRITE) {
			text_format(text, "%s%zu bytes at %#" PRIx64
				    " changed", between, effect->length,
				    effect->address);
			between = "; ";
		}
	}
	if (*between == 'n')
		text_add(text, "note");
	add_snapshots(dump, event);
}

static void add_event(struct dump *dump, const struct event *event,
		      struct dump_task *task)
{
	struct text *text = &dump->text;

	switch (event->kind) {
	case EVENT_SYSCALL:
	case EVENT_SYSCALL_ENTER:
	case EVENT_SYSCALL_EXIT:
		add_call(dump, event, task);
		break;
	case EVENT_CLONE:
		add_clone(text, event);
		break;
	case EVENT_EXEC:
		add_exec(dump, event, task);
		break;
	case EVENT_SIGNAL:
		add_signal(text, event);
		break;
	case EVENT_INSTRUCTION:
		add_instruction(text, event);
		break;
	case EVENT_EXIT:
		add_task_exit(text, event->detail);
		break;
	case EVENT_DIGEST:
		add_digest(text, event);
		break;
	case EVENT_POINT:
		add_point(text, event);
		break;
	case EVENT_TRACER:
		add_tracer(text, event);
		break;
	default:
		add_note(dump, event);
	}
}

static void dump_line(struct dump *dump, const struct event *event,
		      struct dump_task *task)
{
	begin_line(dump, event, task);
	add_event(dump, event, task);
	text_add(&dump->text, "\n");
	fwrite(dump->text.bytes, 1, dump->text.length,
	       dump->options->stream);
}

/* ---- what is wanted ---- */

static int is_wanted_call(const struct dump_options *options,
			  const char *name)
{
	for (char **call = options->calls; *call; call++) {
		if (!strcmp(*call, name))
			return 1;
	}
	return 0;
}

static int compare_numbers(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* An exec is the end of a call too. */
static int is_wanted(const struct dump_options *options,
		     const struct event *event, const struct dump_task *task)
{
	if (options->only_count)
		return bsearch(&event->number, options->only,
			       options->only_count, sizeof(*options->only),
			       compare_numbers) != NULL;
	if (event->number < options->from ||
	    (options->to && event->number > options->to))
		return 0;
	if (options->pid && options->pid != task->tid &&
	    options->pid != task->tgid)
		return 0;
	if (!options->calls)
		return 1;
	switch (event->kind) {
	case EVENT_SYSCALL:
	case EVENT_SYSCALL_ENTER:
	case EVENT_SYSCALL_EXIT:
		return is_wanted_call(options, syscall_name(event->detail));
	case EVENT_EXEC:
		return task->in_call &&
			is_wanted_call(options, syscall_name(
					task->decoder.call.number));
	default:
		return 0;
	}
}

static int check_calls(const struct dump_options *options)
{
	for (char **call = options->calls; call && *call; call++) {
		if (syscall_number(*call) < 0)
			return report(-EINVAL, "no system call is named '%s'",
				      *call);
	}
	return 0;
}

static int dump_event(struct dump *dump, const struct event *event)
{
	const struct dump_options *options = dump->options;
	struct dump_task *task;
	int is_shown, err = 0;

	dump_tasks_learn(&dump->tasks, event);
	learn_files(&dump->files, event);
	task = dump_tasks_get(&dump->tasks, event->task);
	dump_task_follow(task, event);
	is_shown = is_wanted(options, event, task);
	if (is_shown && options->json)
		dump_json(options->stream, event, task, &dump->files);
	else if (is_shown)
		dump_line(dump, event, task);
	if (event->kind == EVENT_SYSCALL_EXIT || event->kind == EVENT_EXEC)
		task->in_call = 0;
	if (is_shown && options->after_line)
		err = options->after_line(options->context, event);
	if (!err && ferror(options->stream))
		return report(-EIO, "write the dump");
	return err;
}

int dump_trace(struct trace_reader *reader, const struct dump_options *options)
{
	struct dump dump = {.options = options};
	struct event event = {0};
	int err = check_calls(options);

	while (!err && (!options->to || event.number < options->to) &&
	       (err = trace_reader_next(reader, &event)) == 0)
		err = dump_event(&dump, &event);
	if ((err == 0 || err == TRACE_END) && options->from > 1 &&
	    event.number < options->from)
		err = report(-ERANGE, "event %" PRIu64 ": the trace has %"
			     PRIu64, options->from, event.number);
	if (err == TRACE_END)
		err = 0;
	if (!err && fflush(options->stream))
		err = report(-errno, "write the dump");
	dump_tasks_deinit(&dump.tasks);
	free(dump.files.files);
	text_deinit(&dump.text);
	return err;
}
