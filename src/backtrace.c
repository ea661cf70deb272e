/* SPDX-License-Identifier: MIT */
/*
 * libunwind walks the stack; we answer its questions about registers, memory
 * and unwind tables.  It looks up a function in a sorted table, so it is given
 * one with the single entry that we found ourselves, in files that it need not
 * trust, at an address that no program can have.
 */
#include "src/backtrace.h"

#include <errno.h>
#include <inttypes.h>
#include <libunwind.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "src/demangle.h"
#include "src/stack_guess.h"
#include "traces/report.h"

#define FRAMES_MAX 64

/* Not canonical: no memory of a tracee is there. */
#define TABLE_ADDRESS 0xb000000000000000u

/* Exported for unwinders of other processes, but in no header. */
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t space, unw_word_t ip,
				       unw_dyn_info_t *info,
				       unw_proc_info_t *proc_out,
				       int need_unwind_info, void *context);

/* libunwind counts registers as DWARF does. */
static const uint8_t register_names[UNW_X86_64_RIP + 1] = {
	R_RAX, R_RDX, R_RCX, R_RBX, R_RSI, R_RDI, R_RBP, R_RSP, R_R8,
	R_R9,  R_R10, R_R11, R_R12, R_R13, R_R14, R_R15, R_RIP,
};

/* As in .eh_frame_hdr: both relative to the base given with the table. */
struct table_entry {
	int32_t start, description;
};

/* A module opened for a map, at the first question about it. */
struct opened_module {
	int is_opened;
	struct code_module *module; /* NULL: no ELF image */
};

struct unwinding {
	struct memory *memory;
	struct registers registers;
	int is_return; /* their rip is a return address: the call is before */
	const struct code_map *maps;
	size_t map_count;
	struct opened_module *modules; /* one for each map */
	struct table_entry table;
	struct debug_frame record;  /* rewritten for the last function */
	remote_addr record_address; /* where it seems to be; 0: nowhere */
};

static const struct code_map *find_map(const struct unwinding *unwinding,
				       remote_addr address)
{
	for (size_t i = 0; i < unwinding->map_count; i++)
		if (address >= unwinding->maps[i].start &&
		    address < unwinding->maps[i].end)
			return &unwinding->maps[i];
	return NULL;
}

static struct code_module *find_module(struct unwinding *unwinding,
				       remote_addr address)
{
	const struct code_map *map = find_map(unwinding, address);
	struct opened_module *opened;

	if (!map)
		return NULL;
	opened = &unwinding->modules[map - unwinding->maps];
	if (!opened->is_opened) {
		opened->is_opened = 1;
		opened->module = code_module_create(map, unwinding->memory);
	}
	return opened->module;
}

/* From the tracee, or from the file where the tracee's pages are gone. */
static int read_word(const struct unwinding *unwinding, remote_addr address,
		     unw_word_t *word_out)
{
	const struct code_map *map;
	struct file_memory file;

	if (memory_read(unwinding->memory, address, word_out,
			sizeof(*word_out)))
		return 0;
	map = find_map(unwinding, address);
	if (!map || map->fd < 0)
		return -UNW_EINVAL;
	file_memory_init(&file, map->fd);
	return memory_read(&file.memory, map->offset + (address - map->start),
			   word_out, sizeof(*word_out))
		       ? 0
		       : -UNW_EINVAL;
}

/* Whether the address is in the rewritten record. */
static int read_record(const struct unwinding *unwinding, remote_addr address,
		       unw_word_t *word_out)
{
	remote_addr offset = address - unwinding->record_address;

	/* Records are padded to whole words. */
	if (!unwinding->record_address || offset >= unwinding->record.length ||
	    unwinding->record.length - offset < sizeof(*word_out))
		return 0;
	memcpy(word_out, unwinding->record.bytes + offset, sizeof(*word_out));
	return 1;
}

static int access_memory(unw_addr_space_t space, unw_word_t address,
			 unw_word_t *word, int is_write, void *context)
{
	const struct unwinding *unwinding = context;

	(void)space;
	if (is_write)
		return -UNW_EINVAL;
	if (address == TABLE_ADDRESS) {
		_Static_assert(sizeof(unwinding->table) == sizeof(*word),
			       "the table is one word");
		memcpy(word, &unwinding->table, sizeof(*word));
		return 0;
	}
	if (read_record(unwinding, address, word))
		return 0;
	return read_word(unwinding, address, word);
}

static int access_register(unw_addr_space_t space, unw_regnum_t number,
			   unw_word_t *word, int is_write, void *context)
{
	const struct unwinding *unwinding = context;

	(void)space;
	if (is_write || number < 0 || number > UNW_X86_64_RIP)
		return -UNW_EBADREG;
	*word = unwinding->registers.value[register_names[number]];
	/* libunwind would take it for a place that was not reached by a call */
	if (number == UNW_X86_64_RIP && unwinding->is_return)
		--*word;
	return 0;
}

/*
 * A place for the rewritten record where no memory of the tracee is, near
 * enough to the function for the table's 32 bits; or 0.
 */
static remote_addr find_free_place(const struct unwinding *unwinding,
				   remote_addr near)
{
	const remote_addr step = 0x8000000;

	near &= ~(remote_addr)4095;
	for (unsigned i = 1; i <= 15; i++) {
		remote_addr place = near + i * step;

		if (!find_map(unwinding, place) &&
		    !find_map(unwinding, place + DEBUG_FRAME_ROOM))
			return place;
	}
	return 0;
}

/* Where the description of the function at ip can be read, or 0. */
static remote_addr find_description(struct unwinding *unwinding,
				    struct code_module *module, remote_addr ip,
				    struct elf_frame *frame_out)
{
	unwinding->record_address = 0;
	if (!code_module_frame(module, ip, frame_out))
		return frame_out->description;
	if (code_module_debug_frame(module, ip, &unwinding->record))
		return 0;
	frame_out->start = unwinding->record.start;
	frame_out->end = unwinding->record.end;
	unwinding->record_address =
		find_free_place(unwinding, frame_out->start);
	if (!unwinding->record_address)
		return 0;
	return unwinding->record_address + unwinding->record.description;
}

static int find_proc_info(unw_addr_space_t space, unw_word_t ip,
			  unw_proc_info_t *proc_out, int need_unwind_info,
			  void *context)
{
	struct unwinding *unwinding = context;
	struct code_module *module = find_module(unwinding, ip);
	unw_dyn_info_t info = { .format = UNW_INFO_FORMAT_REMOTE_TABLE };
	struct elf_frame frame;
	remote_addr description = 0;
	int64_t distance;

	if (module)
		description = find_description(unwinding, module, ip, &frame);
	if (!description)
		return -UNW_ENOINFO;
	distance = (int64_t)(description - frame.start);
	if (distance != (int32_t)distance)
		return -UNW_ENOINFO;
	unwinding->table.start = 0;
	unwinding->table.description = (int32_t)distance;
	info.start_ip = frame.start;
	info.end_ip = frame.end;
	info.u.rti.segbase = frame.start;
	info.u.rti.table_data = TABLE_ADDRESS;
	info.u.rti.table_len = sizeof(unwinding->table) / sizeof(unw_word_t);
	return UNW_OBJ(dwarf_search_unwind_table)(space, ip, &info, proc_out,
						  need_unwind_info, context);
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *proc,
			    void *context)
{
	(void)space;
	(void)proc;
	(void)context;
}

static int find_dynamic_list(unw_addr_space_t space, unw_word_t *list_out,
			     void *context)
{
	(void)space;
	(void)list_out;
	(void)context;
	return -UNW_ENOINFO;
}

static int access_float(unw_addr_space_t space, unw_regnum_t number,
			unw_fpreg_t *value, int is_write, void *context)
{
	(void)space;
	(void)number;
	(void)value;
	(void)is_write;
	(void)context;
	return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *context)
{
	(void)space;
	(void)cursor;
	(void)context;
	return -UNW_EINVAL;
}

static int find_name(unw_addr_space_t space, unw_word_t address, char *name,
		     size_t room, unw_word_t *offset_out, void *context)
{
	(void)space;
	(void)address;
	(void)name;
	(void)room;
	(void)offset_out;
	(void)context;
	return -UNW_ENOINFO;
}

/* A name may hold anything; a terminal must not obey it. */
static void print_text(FILE *stream, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		/* C2 and 80 to 9F: the control codes of 8 bits in UTF-8 */
		if (c < 0x20 || c == 0x7f || c == '\\' ||
		    (c == 0xc2 && ((unsigned char)text[1] & 0xe0) == 0x80))
			fprintf(stream, "\\%03o", c);
		else
			putc(c, stream);
	}
}

static void print_function(FILE *stream, const char *function)
{
	AUTO(heap_free) char *readable = demangle(function);

	print_text(stream, readable ? readable : function);
}

enum frame_origin {
	FRAME_EXACT,  /* the address is of the next instruction to run */
	FRAME_RETURN, /* a return address: the call is before it */
	FRAME_SIGNAL, /* the kernel called a signal handler to return here */
};

enum frame_trust { TRUST_TABLES, TRUST_GUESS };

#define PLACES_MAX 16 /* functions inlined into each other */

struct frame {
	remote_addr address;
	enum frame_origin origin;
	enum frame_trust trust;
	struct source_place places[PLACES_MAX];
	size_t place_count;
};

static void find_places(struct unwinding *unwinding, struct frame *frame)
{
	struct code_module *module = find_module(unwinding, frame->address);
	remote_addr inside = frame->address - (frame->origin == FRAME_RETURN);
	struct source_place *outer;
	const char *function;
	uint64_t offset;

	if (module)
		frame->place_count = code_module_places(
			module, inside, frame->places, PLACES_MAX);
	if (!frame->place_count) {
		frame->places[0] = (struct source_place){ 0 };
		frame->place_count = 1;
	}
	outer = &frame->places[frame->place_count - 1];
	function = module ? code_module_function(module, inside, &offset) :
			    NULL;
	if (function) { /* as it is linked, with the place where it begins */
		outer->function = function;
		outer->start = inside - offset;
	}
}

static void print_location(FILE *stream, const struct frame *frame,
			   const struct source_place *place)
{
	int is_inlined = place != &frame->places[frame->place_count - 1];

	if (frame->origin == FRAME_SIGNAL) {
		fputs("<signal frame>", stream);
		return;
	}
	if (place->function)
		print_function(stream, place->function);
	else
		fputs("??", stream);
	if (is_inlined)
		fputs(" (inlined)", stream);
	else if (place->function && place->start)
		fprintf(stream, "+%#" PRIx64, frame->address - place->start);
	if (place->file) {
		fputs(" at ", stream);
		print_text(stream, place->file);
		fprintf(stream, ":%d", place->line);
	}
}

static void print_line(FILE *stream, const struct unwinding *unwinding,
		       unsigned number, const struct frame *frame,
		       const struct source_place *place)
{
	const struct code_map *map = find_map(unwinding, frame->address);

	fprintf(stream, "  #%u%s 0x%016" PRIx64 " in ", number,
		frame->trust == TRUST_GUESS ? "?" : "", frame->address);
	print_location(stream, frame, place);
	fputs(" (", stream);
	if (!map)
		fputs("not mapped", stream);
	else if (map->name && *map->name)
		print_text(stream, map->name);
	else
		fputs("anonymous memory", stream);
	if (map && !(map->protection & PROT_EXEC))
		fputs(", not executable", stream);
	fputs(")\n", stream);
}

/* Returns the number of the next frame. */
static unsigned print_frame(FILE *stream, struct unwinding *unwinding,
			    unsigned number, remote_addr address,
			    enum frame_origin origin, enum frame_trust trust)
{
	struct frame frame = {
		.address = address,
		.origin = origin,
		.trust = trust,
	};

	find_places(unwinding, &frame);
	for (size_t i = 0; i < frame.place_count; i++)
		print_line(stream, unwinding, number++, &frame,
			   &frame.places[i]);
	return number;
}

static int is_code(const struct unwinding *unwinding, remote_addr address)
{
	return stack_guess_is_code(unwinding->maps, unwinding->map_count,
				   address);
}

/*
 * A call through a bad pointer leaves the program counter where no code is:
 * the caller is at the top of the stack.  Returns whether that was so.
 */
static int leave_bad_address(struct unwinding *unwinding)
{
	uint64_t *value = unwinding->registers.value;
	uint64_t caller;

	if (is_code(unwinding, value[R_RIP]) ||
	    !memory_read(unwinding->memory, value[R_RSP], &caller,
			 sizeof(caller)) ||
	    !is_code(unwinding, caller))
		return 0;
	value[R_RIP] = caller;
	value[R_RSP] += sizeof(caller);
	return 1;
}

/* The registers of the frame that the cursor stands on. */
static int take_registers(struct unwinding *unwinding, unw_cursor_t *cursor)
{
	unw_word_t word;

	for (unw_regnum_t i = 0; i <= UNW_X86_64_RIP; i++) {
		/* A lost register is no longer in use. */
		int err = unw_get_reg(cursor, i, &word);

		if (err && (i == UNW_X86_64_RIP || i == UNW_X86_64_RSP))
			return err;
		unwinding->registers.value[register_names[i]] = err ? 0 : word;
	}
	return 0;
}

/*
 * A signal handler returns with the stack pointer at a struct ucontext, which
 * has the registers of the interrupted function.
 */
static int leave_signal_frame(struct unwinding *unwinding)
{
	static const uint8_t order[] = {
		R_R8,  R_R9,  R_R10, R_R11, R_R12, R_R13, R_R14, R_R15, R_RDI,
		R_RSI, R_RBP, R_RBX, R_RDX, R_RAX, R_RCX, R_RSP, R_RIP,
	};
	uint64_t *value = unwinding->registers.value;
	uint64_t saved[sizeof(order)];

	if (!memory_read(unwinding->memory,
			 value[R_RSP] + offsetof(ucontext_t, uc_mcontext.gregs),
			 saved, sizeof(saved)))
		return -EFAULT;
	for (size_t i = 0; i < sizeof(order); i++)
		value[order[i]] = saved[i];
	return 0;
}

/*
 * A function that is about to return has its caller at the top of the stack,
 * whatever the tables say.  They are not true of what reel puts in place of the
 * vDSO's functions: mov $NUMBER,%eax; syscall; ret.
 */
static int leave_by_return(struct unwinding *unwinding)
{
	uint64_t *value = unwinding->registers.value;
	uint64_t caller;
	uint8_t code[8];
	size_t at = 0;

	if (!memory_read(unwinding->memory, value[R_RIP], code, 1))
		return 0;
	if (code[0] != 0xc3 &&
	    !memory_read(unwinding->memory, value[R_RIP], code, sizeof(code)))
		return 0;
	if (code[0] == 0xb8 && code[5] == 0x0f)
		at = 5;
	if (code[at] == 0x0f && code[at + 1] == 0x05)
		at += 2;
	if (code[at] != 0xc3 ||
	    !memory_read(unwinding->memory, value[R_RSP], &caller,
			 sizeof(caller)))
		return 0;
	value[R_RIP] = caller;
	value[R_RSP] += sizeof(caller);
	return 1;
}

enum step { STEP_END, STEP_BY_TABLES, STEP_GUESSED };

/*
 * To the caller: by the unwind tables, or, where the function has none, from
 * what is on the stack.  The cursor follows.
 */
static enum step step_out(struct unwinding *unwinding, unw_addr_space_t space,
			  unw_cursor_t *cursor, enum frame_origin origin)
{
	struct registers *registers = &unwinding->registers;
	remote_addr inside = registers->value[R_RIP] - (origin == FRAME_RETURN);
	struct code_module *module = find_module(unwinding, inside);
	enum step step = STEP_GUESSED;
	struct elf_frame frame;

	if (origin == FRAME_SIGNAL) {
		if (leave_signal_frame(unwinding))
			return STEP_END;
		step = STEP_BY_TABLES;
	} else if (origin == FRAME_EXACT && leave_by_return(unwinding)) {
		step = STEP_BY_TABLES;
	} else if (module &&
		   find_description(unwinding, module, inside, &frame)) {
		int result = unw_step(cursor);

		if (result == 0)
			return STEP_END;
		if (result > 0)
			return take_registers(unwinding, cursor)
				       ? STEP_END
				       : STEP_BY_TABLES;
	}
	if (step == STEP_GUESSED &&
	    stack_guess_caller(unwinding->memory, unwinding->maps,
			       unwinding->map_count, registers))
		return STEP_END;
	unwinding->is_return = origin != FRAME_SIGNAL;
	return unw_init_remote(cursor, space, unwinding) ? STEP_END : step;
}

static void walk_stack(FILE *stream, struct unwinding *unwinding,
		       unw_addr_space_t space, unsigned number)
{
	const uint64_t *value = unwinding->registers.value;
	enum frame_origin origin = number ? FRAME_RETURN : FRAME_EXACT;
	enum frame_trust trust = number ? TRUST_GUESS : TRUST_TABLES;
	unw_cursor_t cursor;
	enum step step;

	unwinding->is_return = origin == FRAME_RETURN;
	if (unw_init_remote(&cursor, space, unwinding))
		return;
	while (number < FRAMES_MAX && value[R_RIP]) {
		uint64_t address = value[R_RIP], top = value[R_RSP];
		int is_signal = stack_guess_is_signal_return(unwinding->memory,
							     address);

		if (is_signal)
			origin = FRAME_SIGNAL;
		number = print_frame(stream, unwinding, number, address, origin,
				     trust);
		step = step_out(unwinding, space, &cursor, origin);
		if (step == STEP_END ||
		    (address == value[R_RIP] && top == value[R_RSP]))
			return;
		trust = step == STEP_GUESSED ? TRUST_GUESS : TRUST_TABLES;
		origin = is_signal ? FRAME_EXACT : FRAME_RETURN;
	}
}

static void unwind(FILE *stream, struct unwinding *unwinding)
{
	static unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = find_dynamic_list,
		.access_mem = access_memory,
		.access_reg = access_register,
		.access_fpreg = access_float,
		.resume = resume,
		.get_proc_name = find_name,
	};
	remote_addr bad = unwinding->registers.value[R_RIP];
	unw_addr_space_t space;
	unsigned number = 0;

	if (leave_bad_address(unwinding))
		number = print_frame(stream, unwinding, number, bad,
				     FRAME_EXACT, TRUST_TABLES);
	space = unw_create_addr_space(&accessors, 0);
	if (!space) {
		report(-ENOMEM, "no room for a backtrace");
		return;
	}
	unw_set_caching_policy(space, UNW_CACHE_NONE);
	walk_stack(stream, unwinding, space, number);
	unw_destroy_addr_space(space);
}

void backtrace_print(FILE *stream, struct memory *memory,
		     const struct registers *registers,
		     const struct code_map *maps, size_t map_count)
{
	struct unwinding unwinding = {
		.memory = memory,
		.registers = *registers,
		.maps = maps,
		.map_count = map_count,
	};

	unwinding.modules = xcalloc(map_count + 1, sizeof(*unwinding.modules));
	unwind(stream, &unwinding);
	for (size_t i = 0; i < map_count; i++)
		code_module_destroy(unwinding.modules[i].module);
	free(unwinding.modules);
}
