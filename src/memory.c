/* SPDX-License-Identifier: MIT */
#include "src/memory.h"

#include <string.h>

/* Up to the page's end; 0 when the page as a whole can't be read. */
static size_t read_in_page(struct memory_page *page, remote_addr addr,
			   void *bytes, size_t length)
{
	remote_addr start = addr & ~(remote_addr)(MEMORY_PAGE - 1);
	size_t skip = (size_t)(addr - start);

	if (!page->length || page->start != start) {
		page->length = page->below->read(page->below, start,
						 page->bytes, MEMORY_PAGE);
		page->start = start;
	}
	if (page->length < MEMORY_PAGE)
		return 0;
	if (length > MEMORY_PAGE - skip)
		length = MEMORY_PAGE - skip;
	memcpy(bytes, page->bytes + skip, length);
	return length;
}

static size_t memory_page_read(struct memory *memory, remote_addr addr,
			       void *bytes, size_t length)
{
	struct memory_page *page = (struct memory_page *)memory;
	size_t done = 0, got;

	while (done < length && length < MEMORY_PAGE) {
		got = read_in_page(page, addr + done, (char *)bytes + done,
				   length - done);
		if (!got)
			break;
		done += got;
	}
	if (done == length)
		return done;
	return done + page->below->read(page->below, addr + done,
					(char *)bytes + done, length - done);
}

void memory_page_init(struct memory_page *page, struct memory *below)
{
	page->memory.read = memory_page_read;
	page->below = below;
	page->length = 0;
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
