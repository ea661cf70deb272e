/* SPDX-License-Identifier: MIT */
/*
 * Errors, allocation and cleanup, as every directory of reel uses them.
 *
 * 0 is success.  A negative errno is fatal: it is reported once, where it
 * arises, and then forwarded unchanged.  Positive values are outcomes that the
 * function documents.
 */
#ifndef REEL_REPORT_H
#define REEL_REPORT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Prints "reel: MESSAGE: strerror(-err)" as one line on stderr and returns err.
 * A positive or zero err prints the message alone.
 */
int report(int err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints "reel: warning: MESSAGE" as one line on stderr. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Dies with a message that names the broken invariant; used in releases too. */
#define bug_unless(condition, ...)                                          \
	do {                                                                \
		if (!(condition))                                           \
			bug_report(__FILE__, __LINE__, #condition,          \
				   __VA_ARGS__);                            \
	} while (0)
void bug_report(const char *file, int line, const char *condition,
		const char *format, ...)
	__attribute__((noreturn, format(printf, 4, 5)));

/* Called when the process dies of a bug; a session kills its tracees. */
void bug_set_cleanup(void (*cleanup)(void));

/* These die with a message when memory is out; the caller frees with free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
void *xmemdup(const void *bytes, size_t length);
char *xasprintf(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* A descriptor or a heap block that frees itself at the end of its scope. */
#define AUTO(function) __attribute__((cleanup(function)))
void fd_close(int *fd);		/* closes *fd unless it is negative */
void heap_free(void *pointer);	/* frees the pointer that this points to */

/* Writes or reads all of length bytes; a short read is -EIO.  Not reported. */
int write_all(int fd, const void *bytes, size_t length);
int pread_all(int fd, void *bytes, size_t length, uint64_t offset);

/*
 * True when the environment asks this operation to fail now: REEL_FAULT is a
 * comma-separated list of NAME:N, and the N-th call for NAME (from 1) fails.
 * NAME alone means every call.  For the tests of error paths.
 */
int fault_injected(const char *name);

#endif
