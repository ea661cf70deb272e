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
 * strings and words that are near each other costs one call.
 */
struct memory_page {
	struct memory memory; /* first */
	struct memory *below;
	remote_addr start;
	size_t length; /* 0: none is known */
	uint8_t bytes[MEMORY_PAGE];
};

void memory_page_init(struct memory_page *page, struct memory *below);

#endif
