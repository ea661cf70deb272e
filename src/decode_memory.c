/* SPDX-License-Identifier: MIT */
#include "src/decode_memory.h"

#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

static int contains(const struct saved_range *range, remote_addr addr)
{
	return addr >= range->address && addr - range->address < range->length;
}

/*
 * Bytes of range, from addr on, that no later range replaces.  Later ranges
 * count more: what a call wrote hides what it read before.
 */
static size_t visible_length(const struct saved_memory *saved, size_t index,
			     remote_addr addr)
{
	const struct saved_range *range = saved->ranges + index;
	uint64_t length = range->length - (addr - range->address);

	for (size_t i = index + 1; i < saved->count; i++) {
		const struct saved_range *later = saved->ranges + i;

		if (later->length && later->address > addr &&
		    later->address - addr < length)
			length = later->address - addr;
	}
	return length;
}

static size_t read_piece(const struct saved_memory *saved, remote_addr addr,
			 void *bytes, size_t length)
{
	for (size_t i = saved->count; i-- > 0;) {
		const struct saved_range *range = saved->ranges + i;
		size_t visible;

		if (!contains(range, addr))
			continue;
		visible = visible_length(saved, i, addr);
		if (visible > length)
			visible = length;
		memcpy(bytes, range->bytes + (addr - range->address), visible);
		return visible;
	}
	return 0;
}

static size_t saved_read(struct memory *memory, remote_addr addr, void *bytes,
			 size_t length)
{
	const struct saved_memory *saved = (struct saved_memory *)memory;
	size_t done = 0;

	while (done < length) {
		size_t got = read_piece(saved, addr + done,
					(char *)bytes + done, length - done);

		if (!got)
			break;
		done += got;
	}
	return done;
}

void saved_memory_init(struct saved_memory *saved)
{
	*saved = (struct saved_memory){.memory = {.read = saved_read}};
}

void saved_memory_clear(struct saved_memory *saved)
{
	for (size_t i = 0; i < saved->count; i++)
		free(saved->ranges[i].owned);
	saved->count = 0;
}

void saved_memory_deinit(struct saved_memory *saved)
{
	saved_memory_clear(saved);
	free(saved->ranges);
	saved->ranges = NULL;
	saved->room = 0;
}

static struct saved_range *add_range(struct saved_memory *saved)
{
	if (saved->count == saved->room) {
		saved->room = saved->room ? 2 * saved->room : 8;
		saved->ranges = xrealloc(saved->ranges,
					 saved->room * sizeof(*saved->ranges));
	}
	return &saved->ranges[saved->count++];
}

void saved_memory_add(struct saved_memory *saved, enum effect_kind kind,
		      const struct effect *effects, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct effect *effect = effects + i;

		if (effect->kind != kind || !effect->length)
			continue;
		*add_range(saved) = (struct saved_range){
			.address = effect->address,
			.extent = effect->extent > effect->length ?
				effect->extent : effect->length,
			.argument = effect->id,
			.bytes = effect->bytes,
			.length = effect->length,
		};
	}
}

void saved_memory_add_all(struct saved_memory *saved,
			  const struct saved_memory *other)
{
	for (size_t i = 0; i < other->count; i++) {
		struct saved_range *range = add_range(saved);

		*range = other->ranges[i];
		range->owned = NULL;
	}
}

/* The last range that begins at address, or its index is saved->count. */
static size_t range_at(const struct saved_memory *saved, remote_addr address)
{
	for (size_t i = saved->count; i-- > 0;) {
		if (saved->ranges[i].address == address)
			return i;
	}
	return saved->count;
}

int saved_memory_begins(const struct saved_memory *saved, remote_addr address)
{
	return range_at(saved, address) < saved->count;
}

/* What is there from address on, where no range begins at it. */
static uint64_t rest_of_range(const struct saved_memory *saved,
			      remote_addr address)
{
	for (size_t i = saved->count; i-- > 0;) {
		const struct saved_range *range = &saved->ranges[i];

		if (contains(range, address))
			return range->length - (address - range->address);
	}
	return 0;
}

/* Long outputs are saved in pieces, which follow each other. */
uint64_t saved_memory_length(const struct saved_memory *saved,
			     remote_addr address)
{
	size_t index = range_at(saved, address);
	const struct saved_range *range = saved->ranges + index;
	uint64_t length;

	if (index == saved->count)
		return rest_of_range(saved, address);
	length = range->extent;
	for (index++; index < saved->count; index++) {
		const struct saved_range *next = saved->ranges + index;

		if (next->argument != range->argument ||
		    next->address != address + length)
			break;
		length += next->extent;
	}
	return length;
}

void saved_memory_own(struct saved_memory *saved)
{
	for (size_t i = 0; i < saved->count; i++) {
		struct saved_range *range = saved->ranges + i;

		if (range->owned)
			continue;
		range->owned = xmemdup(range->bytes, range->length);
		range->bytes = range->owned;
	}
}
