/* SPDX-License-Identifier: MIT */
/* POSIX.1-1988 ustar headers; sizes from 8 GiB on as GNU tar writes them. */
#include "traces/tar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OCTAL_LIMIT ((uint64_t)1 << 33)

/* Offsets of the fields. */
enum {
	FIELD_MODE = 100,
	FIELD_UID = 108,
	FIELD_GID = 116,
	FIELD_SIZE = 124,
	FIELD_MTIME = 136,
	FIELD_CHECKSUM = 148,
	FIELD_TYPE = 156,
	FIELD_MAGIC = 257,
	FIELD_DEVICE_MAJOR = 329,
	FIELD_DEVICE_MINOR = 337,
};

static void write_size(uint8_t *field, uint64_t size)
{
	int i;

	if (size < OCTAL_LIMIT) {
		snprintf((char *)field, 12, "%011llo",
			 (unsigned long long)size);
		return;
	}
	memset(field, 0, 12);
	field[0] = 0x80;
	for (i = 11; i > 3; i--, size >>= 8)
		field[i] = (uint8_t)size;
}

static uint64_t read_size(const uint8_t *field)
{
	uint64_t size = 0;
	int i;

	if (field[0] == 0x80) {
		for (i = 4; i < 12; i++)
			size = size << 8 | field[i];
		return size;
	}
	for (i = 0; i < 11 && field[i] >= '0' && field[i] <= '7'; i++)
		size = size << 3 | (uint64_t)(field[i] - '0');
	return size;
}

void tar_header_write(const char *name, uint64_t size,
		      uint8_t header[TAR_BLOCK])
{
	char *text = (char *)header;
	unsigned i, sum = 0;

	memset(header, 0, TAR_BLOCK);
	snprintf(text, 100, TAR_DIRECTORY "%s", name);
	strcpy(text + FIELD_MODE, "0000644");
	strcpy(text + FIELD_UID, "0000000");
	strcpy(text + FIELD_GID, "0000000");
	write_size(header + FIELD_SIZE, size);
	strcpy(text + FIELD_MTIME, "00000000000");
	header[FIELD_TYPE] = '0';
	memcpy(text + FIELD_MAGIC,
	       "ustar\0"
	       "00",
	       8);
	strcpy(text + FIELD_DEVICE_MAJOR, "0000000");
	strcpy(text + FIELD_DEVICE_MINOR, "0000000");
	/* The sum counts its own field as spaces. */
	memset(text + FIELD_CHECKSUM, ' ', 8);
	for (i = 0; i < TAR_BLOCK; i++)
		sum += header[i];
	snprintf(text + FIELD_CHECKSUM, 7, "%06o", sum);
}

int tar_header_read(const uint8_t header[TAR_BLOCK],
		    char name_out[TAR_NAME_SIZE], uint64_t *size_out)
{
	const char *text = (const char *)header;
	size_t directory = strlen(TAR_DIRECTORY);
	uint8_t expected[TAR_BLOCK];
	size_t length;

	if (memcmp(text, TAR_DIRECTORY, directory))
		return -EBADMSG;
	length = strnlen(text + directory, TAR_NAME_SIZE);
	if (length == TAR_NAME_SIZE)
		return -EBADMSG;
	memcpy(name_out, text + directory, length + 1);
	*size_out = read_size(header + FIELD_SIZE);
	if (*size_out > INT64_MAX)
		return -EBADMSG;
	tar_header_write(name_out, *size_out, expected);
	return memcmp(header, expected, TAR_BLOCK) ? -EBADMSG : 0;
}

int tar_name_is_allowed(const char *name)
{
	char text[HASH_TEXT_SIZE];
	uint8_t sha256[HASH_SIZE];

	if (!strcmp(name, "trace.json") || !strcmp(name, "events") ||
	    !strcmp(name, "memory"))
		return 1;
	if (strlen(name) != 8 + 3 + 62 || memcmp(name, "objects/", 8) ||
	    name[10] != '/')
		return 0;
	memcpy(text, name + 8, 2);
	memcpy(text + 2, name + 11, 63);
	return !hash_from_text(text, sha256);
}
