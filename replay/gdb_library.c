/* SPDX-License-Identifier: MIT */
/*
 * Libraries, as the dynamic linker of the program lists them in its own memory;
 * and where their thread-local variables are.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#include "replay/gdb_server.h"
#include "replay/inspect.h"
#include "traces/report.h"

/* All of it is the program's, who may have written anything there. */
#define LINKS_MAX 4096u
#define HEADERS_MAX 128u
#define DYNAMIC_MAX 512u
#define MODULES_MAX 65536u

static uint64_t auxv_value(const struct debug_image *image, uint64_t type)
{
	uint64_t pair[2];

	for (size_t i = 0; image && i + 16 <= image->auxv_length; i += 16) {
		memcpy(pair, image->auxv + i, sizeof(pair));
		if (pair[0] == type)
			return pair[1];
	}
	return 0;
}

/* What the program headers in memory say of the executable. */
struct program {
	uint64_t bias, dynamic; /* addresses; 0: none */
	uint64_t tls_address, tls_length, tls_align; /* as in the file */
};

static void read_program(struct memory *memory,
			 const struct debug_image *image,
			 struct program *program_out)
{
	uint64_t headers = auxv_value(image, AT_PHDR);
	uint64_t count = auxv_value(image, AT_PHNUM);
	Elf64_Phdr header;

	memset(program_out, 0, sizeof(*program_out));
	for (uint64_t i = 0; i < count && i < HEADERS_MAX; i++) {
		if (!memory_read(memory, headers + i * sizeof(header),
				 &header, sizeof(header)))
			return;
		if (header.p_type == PT_PHDR) {
			program_out->bias = headers - header.p_vaddr;
		} else if (header.p_type == PT_DYNAMIC) {
			program_out->dynamic = header.p_vaddr;
		} else if (header.p_type == PT_TLS) {
			program_out->tls_address = header.p_vaddr;
			program_out->tls_length = header.p_memsz;
			program_out->tls_align = header.p_align;
		}
	}
	if (program_out->dynamic)
		program_out->dynamic += program_out->bias;
}

/* Address of the value that goes with the tag, or 0. */
static uint64_t find_dynamic(struct memory *memory, uint64_t dynamic,
			     int64_t tag)
{
	Elf64_Dyn entry;

	for (uint64_t i = 0; dynamic && i < DYNAMIC_MAX; i++) {
		uint64_t at = dynamic + i * sizeof(entry);

		if (!memory_read(memory, at, &entry, sizeof(entry)) ||
		    entry.d_tag == DT_NULL)
			return 0;
		if (entry.d_tag == tag)
			return at + offsetof(Elf64_Dyn, d_un);
	}
	return 0;
}

static const struct debug_image *image_of(struct gdb_server *server,
					  const struct replay_task *task)
{
	return task ? timeline_image(server->timeline, task->recorded_tgid) :
		      NULL;
}

uint64_t gdb_debug_slot(struct gdb_server *server, struct replay_task *task)
{
	const struct debug_image *image = image_of(server, task);
	struct program program;

	if (!image)
		return 0;
	read_program(inspect_memory(task), image, &program);
	return find_dynamic(inspect_memory(task), program.dynamic, DT_DEBUG);
}

/* The first link, which is the executable's; 0: none yet. */
static uint64_t first_link(struct gdb_server *server,
			   struct replay_task *task, uint64_t *debug_out)
{
	uint64_t slot = gdb_debug_slot(server, task), link = 0;

	*debug_out = 0;
	if (slot && memory_read(inspect_memory(task), slot, debug_out, 8) &&
	    *debug_out)
		memory_read(inspect_memory(task), *debug_out +
			    offsetof(struct r_debug, r_map), &link, 8);
	return link;
}

/*
 * The file that is mapped there has the name that was recorded: what was opened
 * as /proc/self/fd/3 is the memfd that it was.
 */
static const char *name_at(const struct inspect_maps *maps, uint64_t address)
{
	for (size_t i = 0; i < maps->count; i++)
		if (address >= maps->code[i].start &&
		    address < maps->code[i].end)
			return maps->maps[i].inode ? maps->code[i].name : NULL;
	return NULL;
}

static void link_xml(struct gdb_reply *out, struct memory *memory,
		     const struct inspect_maps *maps, const uint64_t *link,
		     uint64_t address, uint64_t name_space)
{
	char text[4096] = "";
	const char *name = name_at(maps, link[2]);

	memory->read(memory, link[1], text, sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	if (!name && text[0] != '/')
		return; /* the vDSO */
	gdb_reply_text(out, "<library name=\"");
	gdb_reply_xml(out, name && name[0] == '/' ? name : text);
	gdb_reply_text(out, "\" lm=\"0x%" PRIx64 "\" l_addr=\"0x%" PRIx64
		       "\" l_ld=\"0x%" PRIx64 "\" lmid=\"0x%" PRIx64 "\"/>",
		       address, link[0], link[2], name_space);
}

/* It has no file, and lldb reads it from memory. */
static void vdso_xml(struct gdb_reply *out, const struct debug_image *image)
{
	uint64_t address = auxv_value(image, AT_SYSINFO_EHDR);

	if (address)
		gdb_reply_text(out, "<library name=\"[vdso]\" lm=\"0x%" PRIx64
			       "\" l_addr=\"0x%" PRIx64 "\" l_ld=\"0x%" PRIx64
			       "\"/>", address, address, address);
}

/*
 * lldb forgets its modules when it is told that a program was executed, and has
 * no other way to learn which one it was.  gdb wants libraries alone.
 */
static void program_xml(struct gdb_server *server, struct gdb_reply *out,
			struct replay_task *task, uint64_t address)
{
	const struct debug_image *image = image_of(server, task);
	struct program program;

	if (!image || image->path[0] != '/')
		return;
	read_program(inspect_memory(task), image, &program);
	gdb_reply_text(out, "<library name=\"");
	gdb_reply_xml(out, image->path);
	gdb_reply_text(out, "\" lm=\"0x%" PRIx64 "\" l_addr=\"0x%" PRIx64
		       "\" l_ld=\"0x%" PRIx64 "\"/>",
		       address, program.bias, program.dynamic);
	vdso_xml(out, image);
}

void gdb_libraries(struct gdb_server *server, struct gdb_reply *out)
{
	struct replay_task *task = gdb_task(server);
	struct memory *memory = task ? inspect_memory(task) : NULL;
	uint64_t debug, address = first_link(server, task, &debug);
	uint64_t main_map = address;
	struct inspect_maps maps;

	gdb_reply_text(out, "<library-list-svr4 version=\"1.0\"");
	if (main_map)
		gdb_reply_text(out, " main-lm=\"0x%" PRIx64 "\"", main_map);
	gdb_reply_text(out, ">");
	if (task && server->has_executed)
		program_xml(server, out, task, main_map);
	if (address && !inspect_maps_read(server->timeline->replayer, task,
					  &maps)) {
		uint64_t link[4];

		for (unsigned i = 0; address && i < LINKS_MAX &&
		     memory_read(memory, address, link, sizeof(link)); i++) {
			if (address != main_map)
				link_xml(out, memory, &maps, link, address,
					 debug);
			address = link[3];
		}
		inspect_maps_deinit(&maps);
	}
	gdb_reply_text(out, "</library-list-svr4>");
}

/* ---- thread-local storage ---- */

/*
 * A variable of the executable lies at a place below the thread pointer that
 * its program headers say (ELF Handling For Thread-Local Storage, variant II);
 * so it is with any libc, and in a static program.
 */
static int main_tls(struct gdb_server *server, struct replay_task *task,
		    uint64_t *address_out)
{
	struct program program;
	uint64_t length;

	read_program(inspect_memory(task), image_of(server, task), &program);
	if (!program.tls_length)
		return -ENOENT;
	length = program.tls_length;
	if (program.tls_align > 1)
		length += (-length - program.tls_address) &
			  (program.tls_align - 1);
	*address_out = task->registers.value[R_FS_BASE] - length;
	return 0;
}

/* glibc's description of a field for libthread_db (nptl_db/structs.def). */
struct field {
	uint32_t bits, count, offset;
};

/* Where fields of glibc are; those of its symbols, which it keeps for this. */
static int find_fields(struct memory *memory, const uint64_t *link,
		       const char *const *names, struct field *fields_out,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t at = gdb_find_symbol(memory, link[0], link[2],
					      names[i]);

		if (!at || !memory_read(memory, at, &fields_out[i],
					sizeof(*fields_out)))
			return -ENOENT;
	}
	return 0;
}

static int read_field(struct memory *memory, uint64_t base,
		      const struct field *field, uint64_t *value_out)
{
	return field->bits == 64 &&
	       memory_read(memory, base + field->offset, value_out, 8) ?
		0 : -EFAULT;
}

enum { MODULE, DTV_POINTER, DTV_ITEMS, DTV_VALUE, FIELDS };

static const char *const field_names[FIELDS] = {
	[MODULE] = "_thread_db_link_map_l_tls_modid",
	[DTV_POINTER] = "_thread_db_pthread_dtvp",
	[DTV_ITEMS] = "_thread_db_dtv_dtv",
	[DTV_VALUE] = "_thread_db_dtv_t_pointer_val",
};

/*
 * As td_thr_tlsbase() of libthread_db does it: the thread's vector has the
 * module's block.  -1 there, or a shorter vector: it has none yet.
 */
static int dynamic_tls(struct memory *memory, const struct field *fields,
		       uint64_t thread, uint64_t link, uint64_t *address_out)
{
	uint64_t module, vector, length, item = fields[DTV_ITEMS].bits / 8;

	if (read_field(memory, link, &fields[MODULE], &module) || !module ||
	    read_field(memory, thread, &fields[DTV_POINTER], &vector) ||
	    !memory_read(memory, vector - item, &length, 8))
		return -EFAULT;
	if (module > length || module > MODULES_MAX)
		return -ENXIO;
	if (read_field(memory, vector + module * item, &fields[DTV_VALUE],
		       address_out))
		return -EFAULT;
	return *address_out == UINT64_MAX || !*address_out ? -ENXIO : 0;
}

/* glibc is the library that has the fields. */
static int library_tls(struct gdb_server *server, struct replay_task *task,
		       uint64_t wanted, uint64_t first, uint64_t *address_out)
{
	struct memory *memory = inspect_memory(task);
	struct field fields[FIELDS];
	uint64_t at = first, link[4];

	(void)server;
	for (unsigned i = 0; at && i < LINKS_MAX &&
	     memory_read(memory, at, link, sizeof(link)); i++) {
		if (!find_fields(memory, link, field_names, fields, FIELDS))
			return dynamic_tls(memory, fields,
					   task->registers.value[R_FS_BASE],
					   wanted, address_out);
		at = link[3];
	}
	return -ENOTSUP;
}

/* qGetTLSAddr:THREAD,OFFSET,LINK-MAP */
void gdb_tls(struct gdb_server *server, const char *packet)
{
	uint64_t offset, wanted, first, debug, address = 0;
	struct replay_task *task = NULL;
	pid_t process, thread;
	int err = -EINVAL;

	if (gdb_read_thread(&packet, &process, &thread))
		task = timeline_task(server->timeline, thread);
	if (!task || *packet++ != ',' ||
	    !gdb_read_until(&packet, ',', &offset) ||
	    !gdb_read_until(&packet, 0, &wanted) ||
	    !image_of(server, task) ||
	    replay_get_registers(server->timeline->replayer, task)) {
		gdb_error(server, EINVAL);
		return;
	}
	first = first_link(server, task, &debug);
	err = !wanted || wanted == first ?
		main_tls(server, task, &address) :
		library_tls(server, task, wanted, first, &address);
	if (err)
		gdb_error(server, -err);
	else
		gdb_reply_text(&server->reply, "%" PRIx64, address + offset);
}
