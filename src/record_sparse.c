/* SPDX-License-Identifier: MIT */
/*
 * Content of files in the trace piece by piece, holes left out.  A file that is
 * nearly all hole (the image of a disk, a database's room) may be larger than
 * what can be hashed in a moment: its snapshot is the empty file, made as long
 * as it is, and what data there is follows.
 */
#include "src/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "traces/report.h"

#define PIECE (1u << 20)	   /* bytes of a file in one effect, at most */
#define HELD_LIMIT (4u << 20)	   /* bytes in one event */
#define HOLES_MANY (256ull << 20) /* bytes in holes that are left out */

/*
 * Code is worth the time: whoever reads the trace looks for symbols in its
 * snapshot.
 */
int record_is_sparse(const struct stat *status, uint32_t use)
{
	uint64_t size = (uint64_t)status->st_size;
	uint64_t data = (uint64_t)status->st_blocks * 512;

	if (use & (FILE_EXECUTED | FILE_INTERPRETER | FILE_MAPPED_CODE))
		return 0;
	return size > data && size - data >= HOLES_MANY;
}

/* The piece of data at or after offset; a length of 0 when there is none. */
static uint64_t next_piece(int fd, uint64_t *offset_io, uint64_t end)
{
	off_t data = (off_t)*offset_io, hole = (off_t)end;

	if (end - *offset_io > PIECE) {
		data = lseek(fd, data, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return 0;
		if (data < 0) /* a file system that does not tell */
			data = (off_t)*offset_io;
		else
			hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0 || (uint64_t)hole > end)
			hole = (off_t)end;
	}
	if (data >= hole)
		return 0;
	*offset_io = (uint64_t)data;
	return hole - data < (off_t)PIECE ? (uint64_t)(hole - data) : PIECE;
}

static int save_piece(struct record_task *task, struct record_file *file,
		      int fd, uint64_t offset, uint64_t length)
{
	struct effect *effect = effect_list_add_bytes(
		&task->effects, EFFECT_FILE_WRITE, NULL, length);
	ssize_t got = pread(fd, (void *)effect->bytes, length, (off_t)offset);

	effect->id = file->id;
	effect->offset = offset;
	effect->length = got > 0 ? (size_t)got : 0;
	if (got < 0)
		return report(-errno, "task %d: read %llu bytes of a mapped "
			      "file", task->task.tid,
			      (unsigned long long)length);
	return got == (ssize_t)length ? 0 : 1; /* the file has ended */
}

int record_file_data(struct recorder *recorder, struct record_task *task,
		     struct record_file *file, int fd, uint64_t offset,
		     uint64_t length)
{
	off_t position = lseek(fd, 0, SEEK_CUR); /* may be the program's */
	uint64_t end = offset + length, held = 0;
	int err = 0;

	while (!err && offset < end) {
		uint64_t piece = next_piece(fd, &offset, end);

		if (!piece)
			break;
		err = save_piece(task, file, fd, offset, piece);
		offset += piece;
		held += piece;
		if (!err && held >= HELD_LIMIT) {
			err = record_flush_effects(recorder, task);
			held = 0;
		}
	}
	if (position >= 0)
		lseek(fd, position, SEEK_SET);
	return err < 0 ? err : 0;
}
