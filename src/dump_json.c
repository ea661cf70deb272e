/* SPDX-License-Identifier: MIT */
/*
 * Addresses and other numbers that may need 64 bits are strings ("0x..."),
 * because many JSON readers keep no more than 53 bits of a number.
 */
#include "src/dump_json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "src/decode_types.h"
#include "src/registers.h"
#include "traces/report.h"

/* Takes the value; jansson fails for want of memory only. */
static void set(json_t *object, const char *name, json_t *value)
{
	bug_unless(value && !json_object_set_new(object, name, value),
		   "JSON of %s", name);
}

static void append(json_t *array, json_t *value)
{
	bug_unless(value && !json_array_append_new(array, value),
		   "JSON array");
}

static json_t *hex(uint64_t value)
{
	return json_sprintf("%#" PRIx64, value);
}

static json_t *escaped(const void *bytes, size_t length)
{
	struct text text = {0};
	json_t *value;

	text_escape(&text, bytes, length);
	value = json_string(text_string(&text));
	text_deinit(&text);
	return value;
}

static json_t *hexadecimal(const uint8_t *bytes, size_t length)
{
	struct text text = {0};
	json_t *value;

	for (size_t i = 0; i < length; i++)
		text_format(&text, "%02x", bytes[i]);
	value = json_string(text_string(&text));
	text_deinit(&text);
	return value;
}

static const char *const register_names[R_COUNT] = {
	"r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8",
	"rax", "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "eflags",
	"rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
};

static json_t *registers_json(const void *bytes, size_t length)
{
	json_t *object = json_object();
	uint64_t value;

	for (unsigned i = 0; i < R_COUNT; i++) {
		if ((i + 1) * sizeof(value) > length)
			break;
		memcpy(&value, (const char *)bytes + i * sizeof(value),
		       sizeof(value));
		set(object, register_names[i], hex(value));
	}
	return object;
}

/* ---- effects ---- */

static void set_table(json_t *object, const char *name,
		      const struct decode_name *names, uint64_t value)
{
	struct text text = {0};

	decode_flags(&text, names, value);
	set(object, name, json_string(text_string(&text)));
	text_deinit(&text);
}

static void set_file(json_t *object, uint32_t id,
		     const struct dump_files *files)
{
	const struct dump_file *file = dump_files_find(files, id);

	set(object, "file", json_integer(id));
	if (file)
		set(object, "sha256", hexadecimal(file->fixed.sha256, 32));
}

static void add_map(json_t *object, const struct effect *effect,
		    const struct dump_files *files)
{
	set(object, "address", hex(effect->address));
	set(object, "length", hex(effect->extent));
	set_table(object, "protection", names_prot_flags, effect->protection);
	set(object, "flags", hex(effect->flags));
	set(object, "offset", hex(effect->offset));
	set(object, "name", escaped(effect->bytes, effect->length));
	if (effect->id)
		set_file(object, effect->id, files);
}

static void add_snapshot(json_t *object, const struct effect *effect,
			 const struct dump_files *files)
{
	const struct dump_file *file = dump_files_find(files, effect->id);
	const size_t fixed = sizeof(struct event_file);

	set_file(object, effect->id, files);
	set(object, "size", json_integer((json_int_t)effect->extent));
	if (!file || effect->length < fixed)
		return;
	set(object, "device", hex(file->fixed.device));
	set(object, "inode", json_integer((json_int_t)file->fixed.inode));
	set(object, "mode", json_sprintf("%#o", file->fixed.mode));
	set(object, "use", hex(file->fixed.use));
	set(object, "label", escaped((const char *)effect->bytes + fixed,
				     effect->length - fixed));
}

static void add_task(json_t *object, const struct effect *effect)
{
	set(object, "task", json_integer(effect->id));
	set(object, "tid", json_integer((json_int_t)effect->address));
	set(object, "tgid", json_integer((json_int_t)effect->offset));
	set(object, "flags", hex(effect->extent));
	set(object, "registers",
	    registers_json(effect->bytes, effect->length));
}

static void add_siginfo(json_t *object, const struct effect *effect)
{
	struct text text = {0};

	decode_siginfo(&text, effect->bytes, effect->length);
	set(object, "text", json_string(text_string(&text)));
	set(object, "bytes", escaped(effect->bytes, effect->length));
	text_deinit(&text);
}

static void add_fd(json_t *object, const struct effect *effect)
{
	set(object, "fd", json_integer((int32_t)effect->id));
	set(object, "label", escaped(effect->bytes, effect->length));
	set(object, "device", hex(effect->address));
	set(object, "inode", json_integer((json_int_t)effect->offset));
	set(object, "flags", hex(effect->flags));
}

static void add_memory(json_t *object, const struct effect *effect)
{
	set(object, "address", hex(effect->address));
	if (effect->kind == EFFECT_INPUT)
		set(object, "argument", json_integer(effect->id));
	if (effect->extent > effect->length)
		set(object, "full_length",
		    json_integer((json_int_t)effect->extent));
	set(object, "bytes", escaped(effect->bytes, effect->length));
}

static void add_file_change(json_t *object, const struct effect *effect,
			    const struct dump_files *files)
{
	set_file(object, effect->id, files);
	if (effect->kind != EFFECT_FILE_SIZE)
		set(object, "offset",
		    json_integer((json_int_t)effect->offset));
	if (effect->kind != EFFECT_FILE_WRITE)
		set(object, effect->kind == EFFECT_FILE_SIZE ? "size" :
		    "length", json_integer((json_int_t)effect->extent));
	else
		set(object, "bytes", escaped(effect->bytes, effect->length));
}

static void add_output(json_t *object, const struct effect *effect)
{
	set(object, "stream", json_string(effect->id == 2 ? "stderr" :
					  "stdout"));
	set(object, "length", json_integer((json_int_t)effect->extent));
	if (effect->length)
		set(object, "bytes", escaped(effect->bytes, effect->length));
}

static const char *text_kind(uint32_t id)
{
	static const char *const names[] = {
		[TEXT_COMM] = "comm", [TEXT_EXE] = "exe",
		[TEXT_EXECFN] = "execfn", [TEXT_WARNING] = "warning",
		[TEXT_STUCK] = "stuck", [TEXT_MOUNT] = "mount",
	};

	return id >= TEXT_COMM && id <= TEXT_MOUNT ? names[id] : "other";
}

static void add_text(json_t *object, const struct effect *effect)
{
	set(object, "what", json_string(text_kind(effect->id)));
	set(object, "text", escaped(effect->bytes, effect->length));
}

static void add_digest(json_t *object, const struct effect *effect)
{
	set(object, "digest", json_sprintf("%016" PRIx64, effect->offset));
	set(object, "pages", json_integer((json_int_t)effect->extent));
}

static void add_rlimit(json_t *object, const struct effect *effect)
{
	const char *name = decode_name(names_rlimits, effect->id);

	set(object, "resource", name ? json_string(name) :
	    json_integer(effect->id));
	set(object, "soft", hex(effect->address));
	set(object, "hard", hex(effect->extent));
}

static void add_range(json_t *object, const struct effect *effect)
{
	set(object, "address", hex(effect->address));
	if (effect->kind == EFFECT_DETOUR)
		set(object, "to", hex(effect->offset));
	else
		set(object, "length", hex(effect->extent));
	if (effect->kind == EFFECT_PROTECT)
		set(object, "protection", json_integer(effect->protection));
}

static void add_effect_fields(json_t *object, const struct effect *effect,
			      const struct dump_files *files)
{
	switch (effect->kind) {
	case EFFECT_WRITE:
	case EFFECT_INPUT:
	case EFFECT_CHILD_WRITE:
		add_memory(object, effect);
		break;
	case EFFECT_REGISTERS:
		set(object, "registers",
		    registers_json(effect->bytes, effect->length));
		break;
	case EFFECT_MAP:
		add_map(object, effect, files);
		break;
	case EFFECT_UNMAP:
	case EFFECT_PROTECT:
	case EFFECT_DETOUR:
		add_range(object, effect);
		break;
	case EFFECT_FILE:
		add_snapshot(object, effect, files);
		break;
	case EFFECT_FILE_WRITE:
	case EFFECT_FILE_SIZE:
	case EFFECT_FILE_PUNCH:
		add_file_change(object, effect, files);
		break;
	case EFFECT_TASK:
		add_task(object, effect);
		break;
	case EFFECT_SIGINFO:
		add_siginfo(object, effect);
		break;
	case EFFECT_OUTPUT:
		add_output(object, effect);
		break;
	case EFFECT_DIGEST:
		add_digest(object, effect);
		break;
	case EFFECT_TEXT:
		add_text(object, effect);
		break;
	case EFFECT_FD:
		add_fd(object, effect);
		break;
	case EFFECT_RLIMIT:
		add_rlimit(object, effect);
		break;
	case EFFECT_SKIPPED:
		break;
	case EFFECT_DEBUG_REGISTER:
		set(object, "number", json_integer(effect->id));
		set(object, "value", hex(effect->offset));
		break;
	default: /* EFFECT_XSTATE: its bytes are all there is to say */
		set(object, "bytes", escaped(effect->bytes, effect->length));
	}
}

static json_t *effects_json(const struct event *event,
			    const struct dump_files *files)
{
	json_t *array = json_array();

	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];
		const char *name = effect_kind_name(effect->kind);
		json_t *object = json_object();

		set(object, "kind", json_string(name ? name : "unknown"));
		add_effect_fields(object, effect, files);
		append(array, object);
	}
	return array;
}

/* ---- calls ---- */

static json_t *arguments_json(struct decoder *decoder)
{
	json_t *array = json_array();
	unsigned count = decoder_arguments(decoder);
	struct text text = {0};

	for (unsigned i = 0; i < count; i++) {
		json_t *object = json_object();

		text_cut(&text, 0);
		decode_argument(decoder, i, &text);
		set(object, "name",
		    json_string(decoder_argument_name(decoder, i)));
		set(object, "value", hex(decoder->call.arguments[i]));
		set(object, "text", json_string(text_string(&text)));
		append(array, object);
	}
	text_deinit(&text);
	return array;
}

static void add_result(json_t *object, const struct event *event,
		       struct decoder *decoder)
{
	struct text text = {0};
	int64_t result = event->kind == EVENT_EXEC ? 0 : event->result;

	set(object, "result", json_integer(result));
	if (result < 0 && decode_errno(-result))
		set(object, "errno", json_string(decode_errno(-result)));
	if (decoder) {
		decode_result(decoder, &text);
		set(object, "result_text", json_string(text_string(&text)));
	}
	text_deinit(&text);
}

static void add_call(json_t *object, const struct event *event,
		     struct dump_task *task)
{
	int number = event->kind == EVENT_EXEC ?
		task->decoder.call.number : event->detail;
	int is_known = event->kind == EVENT_SYSCALL || task->in_call;

	set(object, "call", json_string(syscall_name(number)));
	set(object, "number", json_integer(number));
	if (is_known)
		set(object, "arguments", arguments_json(&task->decoder));
	if (event->kind == EVENT_SYSCALL_ENTER)
		return;
	if (event->kind != EVENT_SYSCALL && task->in_call)
		set(object, "entered",
		    json_integer((json_int_t)task->entered));
	add_result(object, event, is_known ? &task->decoder : NULL);
}

/* ---- other events ---- */

static void add_signal(json_t *object, const struct event *event)
{
	static const char *const points[] = {
		[SIGNAL_AFTER_EVENT] = "after_event",
		[SIGNAL_BEFORE_SYSCALL] = "before_syscall",
		[SIGNAL_AT_FAULT] = "at_fault",
		[SIGNAL_ANYWHERE] = "anywhere",
		[SIGNAL_AT_CALL] = "at_call",
		[SIGNAL_AFTER_STEP] = "after_step",
	};
	static const char *const outcomes[] = {
		[SIGNAL_HANDLED] = "handled", [SIGNAL_FATAL] = "fatal",
		[SIGNAL_IGNORED] = "ignored", [SIGNAL_STOPS] = "stops",
		[SIGNAL_TRACED] = "traced",
	};
	struct text text = {0};

	decode_signal(&text, event->signal);
	set(object, "signal", json_string(text_string(&text)));
	text_deinit(&text);
	if (event->detail >= 0 && event->detail <= SIGNAL_AFTER_STEP)
		set(object, "point", json_string(points[event->detail]));
	if (event->result >= 0 && event->result <= SIGNAL_TRACED)
		set(object, "outcome", json_string(outcomes[event->result]));
}

static void add_event(json_t *object, const struct event *event,
		      struct dump_task *task)
{
	switch (event->kind) {
	case EVENT_EXEC:
		if (!task->in_call)
			break;
		/* fall through */
	case EVENT_SYSCALL:
	case EVENT_SYSCALL_ENTER:
	case EVENT_SYSCALL_EXIT:
		add_call(object, event, task);
		break;
	case EVENT_SIGNAL:
		add_signal(object, event);
		break;
	case EVENT_INSTRUCTION:
		set(object, "instruction",
		    json_string(dump_instruction_name(event->detail)));
		set(object, "result", hex((uint64_t)event->result));
		break;
	case EVENT_EXIT:
		set(object, "wait_status", json_integer(event->detail));
		break;
	default:
		break;
	}
}

static int has_registers(const struct event *event)
{
	for (unsigned i = 0; i < EVENT_REGISTERS; i++) {
		if (event->registers[i])
			return 1;
	}
	return 0;
}

void dump_json(FILE *stream, const struct event *event,
	       struct dump_task *task, const struct dump_files *files)
{
	json_t *object = json_object();
	const char *kind = event_kind_name(event->kind);

	set(object, "event", json_integer((json_int_t)event->number));
	set(object, "kind", json_string(kind ? kind : "unknown"));
	set(object, "task", json_integer(event->task));
	set(object, "tid", json_integer(task->tid));
	set(object, "tgid", json_integer(task->tgid));
	set(object, "time_ns", json_integer((json_int_t)event->time_ns));
	add_event(object, event, task);
	if (has_registers(event))
		set(object, "registers",
		    registers_json(event->registers,
				   sizeof(event->registers)));
	set(object, "effects", effects_json(event, files));
	json_dumpf(object, stream, JSON_COMPACT | JSON_ENSURE_ASCII);
	putc('\n', stream);
	json_decref(object);
}
