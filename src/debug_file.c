/* SPDX-License-Identifier: MIT */
#include "src/debug_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/report.h"

#define ID_MAX 64u    /* bytes; 20 are usual */
#define NOTES_MAX 4096u
#define LINK_MAX 4096u

/* ---- by build-id ---- */

struct build_id {
	uint8_t bytes[ID_MAX];
	size_t length; /* 0: none */
};

static size_t aligned(size_t length)
{
	return (length + 3) & ~(size_t)3;
}

static void find_id(const uint8_t *notes, size_t length, struct build_id *id)
{
	Elf64_Nhdr header;

	while (length >= sizeof(header)) {
		size_t name, body, whole;

		memcpy(&header, notes, sizeof(header));
		name = sizeof(header);
		body = name + aligned(header.n_namesz);
		whole = body + aligned(header.n_descsz);
		if (whole > length)
			return;
		if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
		    !memcmp(notes + name, "GNU", 4) && header.n_descsz > 1 &&
		    header.n_descsz <= ID_MAX) {
			id->length = header.n_descsz;
			memcpy(id->bytes, notes + body, id->length);
			return;
		}
		notes += whole;
		length -= whole;
	}
}

static struct build_id read_id(const struct elf_image *image)
{
	struct build_id id = { .length = 0 };
	uint8_t notes[NOTES_MAX];

	for (size_t i = 0; i < image->segment_count && !id.length; i++) {
		const Elf64_Phdr *segment = &image->segments[i];

		if (segment->p_type == PT_NOTE && segment->p_align <= 4 &&
		    segment->p_filesz <= sizeof(notes) &&
		    elf_image_read(image, segment->p_offset, notes,
				   segment->p_filesz))
			find_id(notes, segment->p_filesz, &id);
	}
	return id;
}

/* Only a regular file, and without waiting for what else it may be. */
static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd >= 0 && (fstat(fd, &status) || !S_ISREG(status.st_mode)))
		fd_close(&fd);
	return fd;
}

static int open_by_id(const char *directory, const struct build_id *id)
{
	AUTO(heap_free) char *path = NULL;
	char digits[2 * ID_MAX + 1];

	if (!id->length)
		return -1;
	for (size_t i = 0; i < id->length; i++)
		snprintf(digits + 2 * i, 3, "%02x", id->bytes[i]);
	path = xasprintf("%s/.build-id/%.2s/%s.debug", directory, digits,
			 digits + 2);
	return open_file(path);
}

/* ---- by name ---- */

static uint32_t update_checksum(uint32_t sum, const uint8_t *bytes,
				size_t length)
{
	static uint32_t table[256]; /* as in zlib's crc32() */

	for (uint32_t i = 0; !table[255] && i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^
				   (table[i] & 1 ? 0xedb88320u : 0);
	}
	for (size_t i = 0; i < length; i++)
		sum = sum >> 8 ^ table[(uint8_t)(sum ^ bytes[i])];
	return sum;
}

static int has_checksum(int fd, uint32_t expected)
{
	static uint8_t bytes[65536];
	uint32_t sum = ~0u;
	off_t at = 0;
	ssize_t got;

	while ((got = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		sum = update_checksum(sum, bytes, (size_t)got);
		at += got;
	}
	return !got && ~sum == expected;
}

/* The section's bytes in link, a NUL behind them; their count or 0. */
static size_t read_link(const struct elf_image *image, const char *section,
			char link[LINK_MAX + 1])
{
	const Elf64_Shdr *header = elf_image_find_section(image, section);

	memset(link, 0, LINK_MAX + 1);
	if (!header || header->sh_size > LINK_MAX ||
	    !elf_image_read(image, header->sh_offset, link, header->sh_size))
		return 0;
	return header->sh_size;
}

static int open_checked(char *path, uint32_t sum)
{
	int fd = open_file(path);

	if (fd >= 0 && !has_checksum(fd, sum))
		fd_close(&fd);
	free(path);
	return fd;
}

/* The length of path's directory, or 0 where it can't be used. */
static int directory_length(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (!slash || *path != '/' || strstr(path, "/../"))
		return 0;
	return (int)(slash - path);
}

static int open_by_name(const char *directory, const struct elf_image *image,
			const char *path)
{
	char name[LINK_MAX + 1];
	size_t length = read_link(image, ".gnu_debuglink", name);
	size_t place = aligned(strlen(name) + 1);
	uint32_t sum;
	int fd = -1;

	if (!*name || strchr(name, '/') || !strcmp(name, "..") ||
	    length < place + sizeof(sum))
		return -1;
	memcpy(&sum, name + place, sizeof(sum));
	if (directory_length(path))
		fd = open_checked(xasprintf("%s%.*s/%s", directory,
					    directory_length(path), path,
					    name), sum);
	if (fd < 0)
		fd = open_checked(xasprintf("%s/%s", directory, name), sum);
	return fd;
}

/* ---- both ---- */

/* The debug file is this machine's, so its word is taken for the path. */
static int open_alternate(const char *directory, int fd)
{
	AUTO(elf_image_close) struct elf_image image = { 0 };
	struct file_memory file;
	struct build_id id = { .length = 0 };
	char link[LINK_MAX + 1];
	size_t length, name;
	int found;

	file_memory_init(&file, fd);
	if (elf_image_open(&file.memory, 0, &image))
		return -1;
	length = read_link(&image, ".gnu_debugaltlink", link);
	name = strlen(link) + 1;
	if (length <= name || length - name > ID_MAX)
		return -1;
	id.length = length - name;
	memcpy(id.bytes, link + name, id.length);
	found = open_by_id(directory, &id);
	return found < 0 && *link == '/' ? open_file(link) : found;
}

struct debug_file debug_file_open(const char *directory,
				  const struct elf_image *image,
				  const char *path)
{
	struct build_id id = read_id(image);
	struct debug_file file = { open_by_id(directory, &id), -1 };

	if (file.fd < 0)
		file.fd = open_by_name(directory, image, path);
	if (file.fd >= 0)
		file.alternate_fd = open_alternate(directory, file.fd);
	return file;
}

void debug_file_close(struct debug_file *file)
{
	fd_close(&file->fd);
	fd_close(&file->alternate_fd);
}
