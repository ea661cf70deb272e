/* SPDX-License-Identifier: MIT */
#include "src/memory.h"

#include <string.h>

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
