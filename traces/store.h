/* SPDX-License-Identifier: MIT */
/*
 * Snapshots: the full content of files, zstd-compressed, named by SHA-256.
 *
 * Every trace holds its own objects/ab/cdef..., so that it is self-contained;
 * a shared store beside the traces lets equal content be one file (hard links;
 * copies where the file system has none) and remembers in by-inode/ which
 * (device, inode, size, mtime, ctime) had which hash, so that a second
 * recording of the same libc reads nothing.
 */
#ifndef REEL_STORE_H
#define REEL_STORE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct store;

/*
 * objects: the directory of the trace's own objects, made when missing.
 * shared: the store to share with, or NULL; see store_share.
 */
int store_open(const char *objects, const char *shared,
	       struct store **store_out);
void store_close(struct store *store);

/*
 * Shares with the store in the directory shared, made when missing.  One that
 * cannot be used (read-only, full) is warned about once and done without.
 */
void store_share(struct store *store, const char *shared);

/*
 * Snapshots the file behind fd (read with pread, in page-aligned pieces so
 * that O_DIRECT descriptors work; holes are skipped).  status is its fstat.
 * The hash is of the full content, up to status->st_size or, if the file is
 * shorter by now, its end.  The memory needed is bounded and fd's offset stays.
 */
int store_add_fd(struct store *store, int fd, const struct stat *status,
		 uint8_t sha256_out[32]);

/* Snapshots bytes in memory. */
int store_add_bytes(struct store *store, const void *bytes, size_t length,
		    uint8_t sha256_out[32]);

/*
 * What was found out about content can be remembered beside a shared store: a
 * text for each kind of question, where kind tells of its version, too.  To
 * recall gives the text's length, or -1.  What a file behind fd told is
 * remembered only when the file is what status says and can't change unseen.
 */
#define STORE_NOTE_SIZE 4096 /* with the NUL; longer ones are not kept */
ssize_t store_recall(const struct store *store, const char *kind,
		     const uint8_t sha256[32], char text_out[STORE_NOTE_SIZE]);
void store_remember(struct store *store, const char *kind,
		    const uint8_t sha256[32], int fd,
		    const struct stat *status, const char *text);

/*
 * Where a file with this content is, for store_locate(): the path that led to
 * fd.  Paths that /proc shows otherwise than they are, and such to nowhere, are
 * left out.
 */
void store_remember_place(struct store *store, const uint8_t sha256[32],
			  int fd, const struct stat *status, const char *path);

/*
 * An existing shared store, to look something up: NULL when there is none, or
 * when others could have written what it says.  It writes nothing.
 */
struct store *store_look(const char *shared);

/*
 * A descriptor, for reading, of a regular file outside the store that has this
 * content and size now, as far as the times of change tell; -1 when none is
 * known.  No code can be mapped from some file systems: theirs are left out.
 * *path_out is for the caller to free.
 */
int store_locate(const struct store *store, const uint8_t sha256[32],
		 uint64_t size, char **path_out);

/*
 * Removes from a shared store the objects that no trace uses any more, and the
 * entries without an object beside them; with dry_run only counts them.
 */
int store_gc(const char *shared, int dry_run, uint64_t *files_out,
	     uint64_t *bytes_out);

#endif
