/* SPDX-License-Identifier: MIT */
#include "src/memory.h"

#include <string.h>

/* Its place among those that are kept; the oldest makes room. */
static unsigned place_of(struct memory_pages *pages, remote_addr start)
{
	unsigned place = 0;

	while (place < pages->count && place < MEMORY_PAGES_KEPT &&
	       pages->starts[place] != start)
		place++;
	if (place < pages->count && place < MEMORY_PAGES_KEPT)
		return place;
	place = pages->count++ % MEMORY_PAGES_KEPT;
	pages->starts[place] = start;
	pages->is_there[place] = memory_read(pages->below, start,
					    pages->bytes[place], MEMORY_PAGE);
	return place;
}

/* Up to the page's end; 0 when the page as a whole can't be read. */
static size_t read_in_page(struct memory_pages *pages, remote_addr addr,
			   void *bytes, size_t length)
{
	remote_addr start = addr & ~(remote_addr)(MEMORY_PAGE - 1);
	size_t skip = (size_t)(addr - start);
	unsigned place = place_of(pages, start);

	if (!pages->is_there[place])
		return 0;
	if (length > MEMORY_PAGE - skip)
		length = MEMORY_PAGE - skip;
	memcpy(bytes, pages->bytes[place] + skip, length);
	return length;
}

static size_t memory_pages_read(struct memory *memory, remote_addr addr,
			       void *bytes, size_t length)
{
	struct memory_pages *pages = (struct memory_pages *)memory;
	size_t done = 0, got;

	while (done < length && length < MEMORY_PAGE) {
		got = read_in_page(pages, addr + done, (char *)bytes + done,
				   length - done);
		if (!got)
			break;
		done += got;
	}
	if (done == length)
		return done;
	return done + pages->below->read(pages->below, addr + done,
					(char *)bytes + done, length - done);
}

void memory_pages_init(struct memory_pages *pages, struct memory *below)
{
	pages->memory.read = memory_pages_read;
	pages->below = below;
	pages->count = 0;
}

void memory_pages_forget(struct memory_pages *pages)
{
	pages->count = 0;
}

size_t memory_string_length(struct memory *memory, remote_addr addr,
			    size_t limit)
{
	size_t length = 0;
	char bytes[256];

	while (length < limit) {
		size_t want = limit - length, got;
		const char *end;

		if (want > sizeof(bytes))
			want = sizeof(bytes);
		got = memory->read(memory, addr + length, bytes, want);
		end = memchr(bytes, 0, got);
		if (end)
			return length + (size_t)(end - bytes) + 1;
		length += got;
		if (got < want)
			break;
	}
	return length;
}
