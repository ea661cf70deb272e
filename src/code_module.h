/* SPDX-License-Identifier: MIT */
/*
 * The ELF file behind a mapping of code: its function names, source lines and
 * unwind tables, for addresses as the tracee has them.  The file may be
 * anything a program made up.
 */
#ifndef REEL_CODE_MODULE_H
#define REEL_CODE_MODULE_H

#include <stddef.h>
#include <stdint.h>

#include "src/debug_file.h"
#include "src/debug_frame.h"
#include "src/elf_frames.h"
#include "src/memory.h"
#include "src/source_place.h"

/* One mapping of the tracee. */
struct code_map {
	remote_addr start, end;
	int protection;	  /* PROT_* */
	uint64_t offset;  /* of start in the file */
	const char *name; /* path, memfd label, "[stack]", "" */
	int fd;		  /* the file's content, or -1 */
	struct debug_file *debug; /* debug information of it, or NULL */
};

/*
 * The debug information that this machine has below directory for the file
 * behind the map, where that has none; descriptors are -1 where there is none.
 */
struct debug_file code_map_find_debug(const struct code_map *map,
				      const char *directory);

struct code_module; /* private */

/*
 * Opens what is behind the map: the file, or, where there is none, the image
 * that the memory itself holds (the vDSO).  NULL when it is no ELF image.
 * The map and the memory must outlive the module.
 */
struct code_module *code_module_create(const struct code_map *map,
				       struct memory *memory);
void code_module_destroy(struct code_module *module);

/* The function's name, owned by the module, and where in it address is. */
const char *code_module_function(struct code_module *module,
				 remote_addr address, uint64_t *offset_out);

/*
 * The call frame information of the function at address: in the image's own
 * .eh_frame, or else rewritten from its .debug_frame.
 */
int code_module_frame(struct code_module *module, remote_addr address,
		      struct elf_frame *frame_out);
int code_module_debug_frame(struct code_module *module, remote_addr address,
			    struct debug_frame *frame_out);

/*
 * Places in the source, as source_places(); starts are addresses of the tracee.
 * The strings are owned by the module.
 */
size_t code_module_places(struct code_module *module, remote_addr address,
			  struct source_place *places_out, size_t room);

#endif
