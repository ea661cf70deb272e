/* SPDX-License-Identifier: MIT */
/* The files whose content a trace holds, gathered from its events. */
#ifndef REEL_TRACE_FILES_H
#define REEL_TRACE_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "traces/reader.h"

#define SHA256_LENGTH 32
#define SHA256_TEXT 65 /* hexadecimal, with the NUL */

struct trace_file {
	uint32_t id; /* the trace's number of the inode */
	uint8_t sha256[SHA256_LENGTH];
	uint64_t size, device, inode;
	uint32_t use;	  /* enum file_use, of all events together */
	uint32_t mode;	  /* st_mode */
	uint64_t event;	  /* the first one that used it */
	char *label;	  /* path or memfd label: bytes, and a NUL */
	size_t label_length;
};

struct trace_files {
	struct trace_file *files; /* in the order of first use */
	size_t count;
};

/* Reads all events from the first one on. */
int trace_files_read(struct trace_reader *reader,
		     struct trace_files *files_out);
void trace_files_deinit(struct trace_files *files);

const char *sha256_text(const uint8_t sha256[SHA256_LENGTH],
			char text[SHA256_TEXT]);

/* How well a name fits a file; only the best fits count. */
enum file_fit { FIT_NONE, FIT_PART, FIT_WHOLE };

/*
 * Names are four or more digits of the SHA-256, the path or label, its last
 * component, or that of a memfd.
 */
enum file_fit trace_file_fit(const struct trace_file *file, const char *name);

/* A line on stderr about one that a name can mean. */
void trace_file_print_candidate(const struct trace_file *file);

/* The name of one bit of enum file_use, or NULL. */
const char *file_use_name(uint32_t bit);

#endif
