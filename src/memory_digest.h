/* SPDX-License-Identifier: MIT */
/*
 * The writable memory of an address space, compared and digested.
 *
 * Only pages with a byte other than zero count, by address and content: it must
 * not matter how the kernel merged mappings or which zero pages it populated.
 */
#ifndef REEL_MEMORY_DIGEST_H
#define REEL_MEMORY_DIGEST_H

#include "src/task.h"

#define MEMORY_DIGEST_STACKS 64u /* more of them are not looked at */

struct memory_digest {
	uint64_t hash;	/* XXH3 over (address, content) of the pages */
	uint64_t pages;	/* pages that count */
};

/*
 * Digests the readable and writable mappings, except reel's own pages.
 * With limit_pages (0: none) the first so many pages that count are taken, and
 * 1 is returned if there are more.  What lies below the red
 * zones of these stack pointers is left out: it is dead (System V ABI), and
 * XSAVEC of the dynamic linker leaves bits there that depend on task switches.
 */
int memory_digest(const struct task *task, uint64_t limit_pages,
		  const remote_addr *stack_pointers, size_t count,
		  struct memory_digest *digest_out);

/*
 * The same of a part that is chosen by address and content alone: of each 64
 * MiB of addresses the first 1024 pages that count, and 65,536 in all.  What is
 * dead of these stacks is left out, of no more than so many.
 */
int memory_digest_partial(const struct task *task,
			  const remote_addr *stack_pointers, size_t count,
			  struct memory_digest *digest_out);

/* A copy of all readable and writable memory. */
struct memory_copy;

struct memory_copy *memory_copy_create(const struct task *task);
/*
 * The same of so many resident pages at most in all, and of each mapping, which
 * the program has changed.
 */
struct memory_copy *memory_copy_some(const struct task *task,
				     size_t map_pages, size_t pages);
void memory_copy_destroy(struct memory_copy *copy);

/* Calls visit for each run of bytes that differs from the copy. */
int memory_copy_compare(const struct memory_copy *copy,
			const struct task *task,
			int (*visit)(void *context, remote_addr addr,
				     const void *now, size_t length),
			void *context);
/* The same of these pages. */
struct memory_copy *memory_copy_of(const struct task *task,
				   const remote_addr *pages, size_t count);
/* The same for the pages that the copy has, and no others. */
int memory_copy_changes(const struct memory_copy *copy,
			const struct task *task,
			int (*visit)(void *context, remote_addr addr,
				     const void *now, size_t length),
			void *context);

#endif
