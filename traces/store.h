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

#include <stdint.h>
#include <sys/stat.h>

struct store;

/*
 * objects: the directory of the trace's own objects, made when missing.
 * shared: the store to share with, or NULL.  A shared store that cannot be
 * used (read-only, full) is warned about once and done without.
 */
int store_open(const char *objects, const char *shared,
	       struct store **store_out);
void store_close(struct store *store);

/*
 * Snapshots the file behind fd (read with pread, in page-aligned pieces so
 * that O_DIRECT descriptors work; holes are skipped).  status is its fstat.
 * The hash is of the full content.  The memory needed is bounded.
 */
int store_add_fd(struct store *store, int fd, const struct stat *status,
		 uint8_t sha256_out[32]);

/* Snapshots bytes in memory. */
int store_add_bytes(struct store *store, const void *bytes, size_t length,
		    uint8_t sha256_out[32]);

#endif
