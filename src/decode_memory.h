/* SPDX-License-Identifier: MIT */
/* Memory made of the ranges that a trace saved. */
#ifndef REEL_DECODE_MEMORY_H
#define REEL_DECODE_MEMORY_H

#include "src/memory.h"
#include "traces/event.h"

struct saved_range {
	remote_addr address;
	uint64_t extent;  /* length before it was cut */
	uint32_t argument;
	const uint8_t *bytes;
	size_t length;
	uint8_t *owned;   /* bytes when they are a copy, else NULL */
};

/* All zero but memory.read is empty memory: saved_memory_init(). */
struct saved_memory {
	struct memory memory; /* first: the functions get this pointer */
	struct saved_range *ranges;
	size_t count, room;
};

void saved_memory_init(struct saved_memory *saved);
void saved_memory_deinit(struct saved_memory *saved);
void saved_memory_clear(struct saved_memory *saved);

/* Adds effects of one kind; the bytes stay where they are. */
void saved_memory_add(struct saved_memory *saved, enum effect_kind kind,
		      const struct effect *effects, size_t count);

/* Adds all ranges of other; the bytes stay where they are. */
void saved_memory_add_all(struct saved_memory *saved,
			  const struct saved_memory *other);

/*
 * Bytes of the memory that begins at address and belongs to one argument, as
 * long as it was before it was cut; 0 when nothing of it was saved.
 */
uint64_t saved_memory_length(const struct saved_memory *saved,
			     remote_addr address);

/* True when a saved range begins at address. */
int saved_memory_begins(const struct saved_memory *saved, remote_addr address);

/* Copies the bytes, so that they outlive the event that they came with. */
void saved_memory_own(struct saved_memory *saved);

#endif
