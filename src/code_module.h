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

#include "src/debug_frame.h"
#include "src/elf_frames.h"
#include "src/memory.h"

/* One mapping of the tracee. */
struct code_map {
	remote_addr start, end;
	int protection;	  /* PROT_* */
	uint64_t offset;  /* of start in the file */
	const char *name; /* path, memfd label, "[stack]", "" */
	int fd;		  /* the file's content, or -1 */
};

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

/* File name, owned by the module, and line of the source; or NULL. */
const char *code_module_line(struct code_module *module, remote_addr address,
			     int *line_out);

#endif
