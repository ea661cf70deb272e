/* SPDX-License-Identifier: MIT */
/*
 * Which instructions of files became jumps to the agent, and how.  To find out
 * how takes as long as some stops (src/call_patch.h), and each process would
 * have to make some before: so it is known of a file from then on, also in
 * later recordings, by its content.
 */
#include "src/recorder.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "traces/report.h"
#include "traces/store.h"

#define NOTE "jumps2" /* traces/format.md; another plan is another number */
#define JUMP_TEXT 36  /* two numbers' digits, a colon, a comma and the NUL */
#define JUMPS_MAX 256u
#define COUNT_MAX 15u /* less than a way */

struct record_file *record_jumps_file(struct recorder *recorder,
				      const struct process_map *map)
{
	struct record_file *file = map->inode && !map->is_shared ?
		record_file_find(recorder, map->device, map->inode) : NULL;

	if (!file || file->is_changeable || file->is_changed ||
	    file->lacks_data)
		return NULL;
	if (!file->path)
		file->path = xstrdup(map->name);
	return file;
}

/* NULL when there are too many. */
static struct known_jump *jump_at(struct record_file *file, uint64_t offset)
{
	struct known_jump *jump = file->jumps;
	struct known_jump *end = jump + file->jump_count;

	while (jump < end && jump->offset != offset)
		jump++;
	if (jump < end || file->jump_count == JUMPS_MAX)
		return jump < end ? jump : NULL;
	if (!file->jumps)
		file->jumps = xcalloc(JUMPS_MAX, sizeof(*jump));
	jump = &file->jumps[file->jump_count++];
	jump->offset = offset;
	return jump;
}

unsigned record_jumps_count(struct record_file *file, uint64_t offset)
{
	struct known_jump *jump = jump_at(file, offset);

	if (!jump)
		return 0;
	if (jump->count < COUNT_MAX)
		file->has_new_jumps = 1;
	else
		jump->count--;
	return ++jump->count;
}

uint64_t record_jumps_way(const struct record_file *file, uint64_t offset)
{
	if (file->is_changeable || file->is_changed)
		return 0;
	for (size_t i = 0; i < file->jump_count; i++)
		if (file->jumps[i].offset == offset)
			return file->jumps[i].way;
	return 0;
}

void record_jumps_learn(struct record_file *file, uint64_t offset,
			uint64_t way)
{
	struct known_jump *jump = jump_at(file, offset);

	if (!jump || jump->way == way)
		return;
	jump->way = way;
	file->has_new_jumps = 1;
}

/*
 * What stands there is compared before it is replaced.  A number that is no way
 * is the count of stops.
 */
void record_jumps_recall(struct recorder *recorder, struct record_file *file)
{
	char note[STORE_NOTE_SIZE];
	uint64_t offset, number;
	const char *at = note + 1;
	struct known_jump *jump;
	int length;

	if (!recorder->agent_rules || file->lacks_data ||
	    store_recall(trace_writer_store(recorder->writer), NOTE,
			 file->sha256, note) <= 0 || note[0] != '.')
		return;
	while (sscanf(at, "%" SCNx64 ":%" SCNx64 ",%n", &offset, &number,
		      &length) == 2) {
		jump = jump_at(file, offset);
		if (!jump)
			return;
		if (number <= COUNT_MAX)
			jump->count = (unsigned)number;
		else
			jump->way = number;
		at += length;
	}
}

/* Those that have no more room in the note are found again. */
static void remember(struct store *store, const struct record_file *file)
{
	AUTO(fd_close) int fd = open(file->path, O_RDONLY | O_CLOEXEC |
				     O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	char note[STORE_NOTE_SIZE] = ".";
	size_t length = 1;

	if (fd < 0)
		return;
	for (size_t i = 0; i < file->jump_count &&
	     length + JUMP_TEXT < sizeof(note); i++)
		length += (size_t)snprintf(note + length, JUMP_TEXT,
					   "%" PRIx64 ":%" PRIx64 ",",
					   file->jumps[i].offset,
					   file->jumps[i].way ?
					   file->jumps[i].way :
					   file->jumps[i].count);
	/* It looks whether the file is still what it was. */
	store_remember(store, NOTE, file->sha256, fd, &file->status, note);
}

void record_jumps_remember(struct recorder *recorder)
{
	struct store *store = trace_writer_store(recorder->writer);

	for (struct record_file *file = recorder->files; file;
	     file = file->next)
		if (file->has_new_jumps && !file->is_outdated &&
		    !file->is_changed && !file->is_changeable)
			remember(store, file);
}
