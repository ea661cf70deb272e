/* SPDX-License-Identifier: MIT */
/* Memory of a tracee, or of a unit test, or what an event saved of it. */
#ifndef REEL_MEMORY_H
#define REEL_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint64_t remote_addr;

struct memory {
	/*
	 * Reads up to length bytes at addr.  Returns how many could be read
	 * before the first unreadable one (0 to length); never an error.
	 */
	size_t (*read)(struct memory *memory, remote_addr addr, void *bytes,
		       size_t length);
};

/* True when all of length bytes could be read. */
static inline int memory_read(struct memory *memory, remote_addr addr,
			      void *bytes, size_t length)
{
	return memory->read(memory, addr, bytes, length) == length;
}

/*
 * Length of the NUL-terminated string at addr with its NUL, at most limit;
 * 0 when no byte of it is readable.  A string that ends in an unreadable page
 * has the length of its readable part.
 */
size_t memory_string_length(struct memory *memory, remote_addr addr,
			    size_t limit);

#define MEMORY_PAGE 4096u

/*
 * Memory that does not change meanwhile, read page by page, so that reading
 * strings and words that are near each other costs one call.  Pointers and what
 * they lead to are on different pages: some are kept.
 */
#define MEMORY_PAGES_KEPT 4u

struct memory_pages {
	struct memory memory; /* first */
	struct memory *below;
	unsigned count; /* of pages that were read */
	remote_addr starts[MEMORY_PAGES_KEPT];
	int is_there[MEMORY_PAGES_KEPT]; /* all of it */
	uint8_t bytes[MEMORY_PAGES_KEPT][MEMORY_PAGE];
};

void memory_pages_init(struct memory_pages *pages, struct memory *below);
/* It may have changed. */
void memory_pages_forget(struct memory_pages *pages);

#endif
