/* SPDX-License-Identifier: MIT */
/*
 * Separate debug information (objcopy --only-keep-debug) for an ELF image out
 * of a trace: installed on this machine, as Debian's -dbgsym packages do.
 */
#ifndef REEL_DEBUG_FILE_H
#define REEL_DEBUG_FILE_H

#include "src/elf_image.h"

struct debug_file {
	int fd;		  /* -1: none */
	int alternate_fd; /* what dwz(1) moved out of it; -1: nothing */
};

/*
 * Looks in directory, and nowhere else: by the image's build-id, or by the name
 * in .gnu_debuglink, below the directories of path (where the image was) or
 * not, if the checksum is right.  Nothing that the image says leads out of it.
 */
struct debug_file debug_file_open(const char *directory,
				  const struct elf_image *image,
				  const char *path);
void debug_file_close(struct debug_file *file);

#endif
