/* SPDX-License-Identifier: MIT */
/*
 * Where files have instructions to replace.  To look through a libc takes most
 * of a millisecond, so what was found is remembered in the recorder's own
 * store, by content.  It is checked by decoding what stands there now.
 */
#include "src/recorder.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/report.h"
#include "traces/store.h"

#define NOTE "sites3" /* traces/format.md; another scanner is another number */
#define SITE_TEXT 18  /* an offset's digits, a comma and the NUL */
#define INSTRUCTION_MAX 15

/* False when the note is not of this file, or none at all. */
static int take_note(struct record_file *file, int fd, const char *note)
{
	size_t count = 0;
	const char *at;

	if (*note++ != '.')
		return 0;
	for (at = note; *at; at++)
		count += *at == ',';
	file->sites = xcalloc(count + 1, sizeof(*file->sites));
	for (at = note; *at; at++) {
		struct instruction_site *site = &file->sites[file->site_count];
		uint8_t bytes[INSTRUCTION_MAX];
		char *end;
		ssize_t got;

		site->offset = strtoull(at, &end, 16);
		got = pread(fd, bytes, sizeof(bytes), (off_t)site->offset);
		if (got > 0)
			site->instruction = instruction_decode(bytes,
							       (size_t)got);
		if (*end != ',' || !site->instruction.kind)
			break;
		file->site_count++;
		at = end;
	}
	if (!*at)
		return 1;
	free(file->sites);
	file->sites = NULL;
	file->site_count = 0;
	return 0;
}

static void remember(struct store *store, const struct record_file *file,
		     int fd)
{
	char note[STORE_NOTE_SIZE + SITE_TEXT] = ".";
	size_t length = 1;

	for (size_t i = 0; i < file->site_count; i++) {
		length += (size_t)snprintf(note + length, SITE_TEXT,
					   "%" PRIx64 ",",
					   file->sites[i].offset);
		if (length >= STORE_NOTE_SIZE)
			return;
	}
	store_remember(store, NOTE, file->sha256, fd, &file->status, note);
}

static int is_elf(int fd)
{
	char magic[SELFMAG];

	return pread(fd, magic, SELFMAG, 0) == SELFMAG &&
	       !memcmp(magic, ELFMAG, SELFMAG);
}

/* It is the same everywhere, but for what it leaves alone. */
static void leave_out_fxsave(struct record_file *file)
{
	size_t kept = 0;

	for (size_t i = 0; i < file->site_count; i++)
		if (file->sites[i].instruction.kind != INSTRUCTION_FXSAVE)
			file->sites[kept++] = file->sites[i];
	file->site_count = kept;
}

static void find_sites(struct recorder *recorder, struct record_file *file,
		       int fd)
{
	struct store *store = trace_writer_store(recorder->writer);
	char note[STORE_NOTE_SIZE];

	/* The snapshot of a file that lacks data is not its content. */
	if (!file->lacks_data &&
	    store_recall(store, NOTE, file->sha256, note) > 0 &&
	    take_note(file, fd, note))
		return;
	if (!instruction_scan_file(fd, &file->sites, &file->site_count) &&
	    !file->lacks_data)
		remember(store, file, fd);
}

void record_find_sites(struct recorder *recorder, struct record_file *file,
		       int fd)
{
	if (!is_elf(fd))
		return;
	record_jumps_recall(recorder, file);
	find_sites(recorder, file, fd);
	if (!instruction_saves_by_fxsave(recorder->cpu))
		leave_out_fxsave(file);
}
