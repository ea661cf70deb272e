/* SPDX-License-Identifier: MIT */
/*
 * Call frame information of an ELF image (.eh_frame, Linux Standard Base Core,
 * "Exception Frames"): which addresses are one function.
 */
#ifndef REEL_ELF_FRAMES_H
#define REEL_ELF_FRAMES_H

#include <stdint.h>

#include "src/elf_image.h"

/* Addresses as the file has them, without load bias. */
struct elf_frame {
	uint64_t start, end;  /* the function's code */
	uint64_t description; /* where its description is */
};

enum frame_search {
	FRAMES_INDEXED, /* by .eh_frame_hdr only: quick */
	FRAMES_ALL,	/* else through all of .eh_frame */
};

/* The description of the function at address, or ELF_IMAGE_NONE. */
int elf_frames_find(const struct elf_image *image, uint64_t address,
		    enum frame_search search, struct elf_frame *frame_out);

#endif
