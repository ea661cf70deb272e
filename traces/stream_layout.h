/* SPDX-License-Identifier: MIT */
/* The bytes of a seekable stream, for its writer and its reader only. */
#ifndef REEL_STREAM_LAYOUT_H
#define REEL_STREAM_LAYOUT_H

#include "traces/stream.h"

/* Every skippable frame begins with its magic number and its size. */
#define SKIPPABLE_SIZE 8

#define HEAD_MAGIC 0x184D2A52u
#define HEAD_SIZE 56 /* with the 8 above */

/* The seek table of zstd's seekable format. */
#define TABLE_MAGIC 0x184D2A5Eu
#define SEEKABLE_MAGIC 0x8F92EAB1u
#define TABLE_ENTRY_SIZE 12
#define TABLE_FOOTER_SIZE 9
#define TABLE_HAS_CHECKSUMS 0x80

void stream_head_write(const struct stream_frame *frame, uint8_t *head);

/* Appends to the entries of a table: a frame's head and the frame. */
void stream_table_entry(struct buffer *table, uint32_t compressed,
			uint32_t size, uint32_t checksum);
void stream_table_frame(struct buffer *table, const struct stream_frame *frame);

/* Makes a whole table, ready to write, of its entries. */
void stream_table_wrap(const struct buffer *entries, struct buffer *table_out);

#endif
