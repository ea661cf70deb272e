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

#include "traces/report.h"

#define FRAMES_MAX 64

/* Not canonical: no memory of a tracee is there. */
#define TABLE_ADDRESS 0xb000000000000000u

/* Exported for unwinders of other processes, but in no header. */
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t space, unw_word_t ip,
				       unw_dyn_info_t *info,
				       unw_proc_info_t *proc_out,
				       int need_unwind_info, void *context);

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
	const struct code_map *maps;
	size_t map_count;
	struct opened_module *modules; /* one for each map */
	struct table_entry table;
	int has_table; /* the last function asked for has unwind tables */
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
	return read_word(unwinding, address, word);
}

static int access_register(unw_addr_space_t space, unw_regnum_t number,
			   unw_word_t *word, int is_write, void *context)
{
	static const uint8_t names[] = {
		R_RAX, R_RDX, R_RCX, R_RBX, R_RSI, R_RDI, R_RBP, R_RSP, R_R8,
		R_R9, R_R10, R_R11, R_R12, R_R13, R_R14, R_R15, R_RIP,
	};
	const struct unwinding *unwinding = context;

	(void)space;
	if (is_write || number < 0 || (size_t)number >= sizeof(names))
		return -UNW_EBADREG;
	*word = unwinding->registers.value[names[number]];
	return 0;
}

static int find_proc_info(unw_addr_space_t space, unw_word_t ip,
			  unw_proc_info_t *proc_out, int need_unwind_info,
			  void *context)
{
	struct unwinding *unwinding = context;
	struct code_module *module = find_module(unwinding, ip);
	unw_dyn_info_t info = { .format = UNW_INFO_FORMAT_REMOTE_TABLE };
	struct elf_frame frame;
	uint64_t bias;
	int64_t start;

	unwinding->has_table = 0;
	if (!module)
		return -UNW_ENOINFO;
	bias = code_module_bias(module);
	if (elf_frames_find(code_module_image(module), ip - bias, FRAMES_ALL,
			    &frame))
		return -UNW_ENOINFO;
	start = (int64_t)(frame.start - frame.description);
	if (start != (int32_t)start)
		return -UNW_ENOINFO;
	unwinding->table.start = (int32_t)start;
	unwinding->table.description = 0;
	unwinding->has_table = 1;
	info.start_ip = frame.start + bias;
	info.end_ip = frame.end + bias;
	info.u.rti.segbase = frame.description + bias;
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

		if (c < 0x20 || c == 0x7f || c == '\\')
			fprintf(stream, "\\%03o", c);
		else
			putc(c, stream);
	}
}

enum frame_origin {
	FRAME_EXACT,  /* the address is of the next instruction to run */
	FRAME_RETURN, /* a return address: the call is before it */
	FRAME_SIGNAL, /* the kernel called a signal handler to return here */
};

enum frame_trust { TRUST_TABLES, TRUST_GUESS };

static void print_location(FILE *stream, struct unwinding *unwinding,
			   remote_addr address, enum frame_origin origin)
{
	struct code_module *module = find_module(unwinding, address);
	remote_addr inside = address - (origin == FRAME_RETURN);
	const char *function = NULL, *file;
	uint64_t offset;
	int line;

	if (origin == FRAME_SIGNAL) {
		fputs("<signal frame>", stream);
		return;
	}
	if (module)
		function = code_module_function(module, inside, &offset);
	if (function) {
		print_text(stream, function);
		fprintf(stream, "+%#" PRIx64,
			offset + (origin == FRAME_RETURN));
	} else {
		fputs("??", stream);
	}
	file = module ? code_module_line(module, inside, &line) : NULL;
	if (file) {
		fputs(" at ", stream);
		print_text(stream, file);
		fprintf(stream, ":%d", line);
	}
}

static void print_frame(FILE *stream, struct unwinding *unwinding,
			unsigned number, remote_addr address,
			enum frame_origin origin, enum frame_trust trust)
{
	const struct code_map *map = find_map(unwinding, address);

	fprintf(stream, "  #%u%s 0x%016" PRIx64 " in ", number,
		trust == TRUST_GUESS ? "?" : "", address);
	print_location(stream, unwinding, address, origin);
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

static int is_code(const struct unwinding *unwinding, remote_addr address)
{
	const struct code_map *map = find_map(unwinding, address);

	return map && (map->protection & PROT_EXEC);
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

/* The frame that the cursor stands on; 0 when there is none. */
static int get_frame(unw_cursor_t *cursor, unw_word_t *address_out,
		     unw_word_t *stack_out)
{
	return !unw_get_reg(cursor, UNW_REG_IP, address_out) &&
	       !unw_get_reg(cursor, UNW_REG_SP, stack_out) && *address_out;
}

/* Where a signal handler returns to: mov $__NR_rt_sigreturn,%rax; syscall. */
static int is_signal_return(const struct unwinding *unwinding,
			    remote_addr address)
{
	static const uint8_t code[] = { 0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00,
					0x00, 0x0f, 0x05 };
	uint8_t bytes[sizeof(code)];

	return memory_read(unwinding->memory, address, bytes, sizeof(bytes)) &&
	       !memcmp(bytes, code, sizeof(code));
}

static void walk_stack(FILE *stream, struct unwinding *unwinding,
		       unw_cursor_t *cursor, unsigned number)
{
	enum frame_origin origin = number ? FRAME_RETURN : FRAME_EXACT;
	enum frame_trust trust = number ? TRUST_GUESS : TRUST_TABLES;
	unw_word_t address, stack, last_address = 0, last_stack = 0;

	while (number < FRAMES_MAX && get_frame(cursor, &address, &stack)) {
		int is_signal = is_signal_return(unwinding, address);

		if (address == last_address && stack == last_stack)
			return; /* it goes round in a circle */
		if (trust == TRUST_GUESS && !is_code(unwinding, address))
			return;
		print_frame(stream, unwinding, number++, address,
			    is_signal ? FRAME_SIGNAL : origin, trust);
		unwinding->has_table = 0;
		if (unw_step(cursor) <= 0)
			return;
		trust = unwinding->has_table || is_signal ? TRUST_TABLES
							  : TRUST_GUESS;
		origin = is_signal ? FRAME_EXACT : FRAME_RETURN;
		last_address = address;
		last_stack = stack;
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
	unw_addr_space_t space;
	unw_cursor_t cursor;
	unsigned number = 0;
	remote_addr bad;

	bad = unwinding->registers.value[R_RIP];
	if (leave_bad_address(unwinding))
		print_frame(stream, unwinding, number++, bad, FRAME_EXACT,
			    TRUST_TABLES);
	space = unw_create_addr_space(&accessors, 0);
	if (!space) {
		report(-ENOMEM, "no room for a backtrace");
		return;
	}
	unw_set_caching_policy(space, UNW_CACHE_NONE);
	if (!unw_init_remote(&cursor, space, unwinding))
		walk_stack(stream, unwinding, &cursor, number);
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
