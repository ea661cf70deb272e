/* SPDX-License-Identifier: MIT */
#include "src/trace_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "src/decode_text.h"
#include "traces/report.h"

/* An inode may be announced again, with another content or another use. */
static struct trace_file *find_file(struct trace_files *files, uint32_t id,
				    const uint8_t *sha256)
{
	for (size_t i = files->count; i-- > 0;) {
		struct trace_file *file = &files->files[i];

		if (file->id == id &&
		    (!sha256 || !memcmp(file->sha256, sha256, SHA256_LENGTH)))
			return file;
	}
	return NULL;
}

static void add_file(struct trace_files *files, const struct event *event,
		     const struct effect *effect)
{
	struct event_file fixed;
	struct trace_file *file;

	if (effect->length < sizeof(fixed))
		return; /* the reader lets no such effect through */
	memcpy(&fixed, effect->bytes, sizeof(fixed));
	file = find_file(files, effect->id, fixed.sha256);
	if (file) {
		file->use |= fixed.use;
		return;
	}
	files->files = xrealloc(files->files, (files->count + 1) *
				sizeof(*files->files));
	file = &files->files[files->count++];
	*file = (struct trace_file){
		.id = effect->id,
		.size = effect->extent,
		.device = fixed.device,
		.inode = fixed.inode,
		.use = fixed.use,
		.mode = fixed.mode,
		.event = event->number,
		.label_length = effect->length - sizeof(fixed),
	};
	memcpy(file->sha256, fixed.sha256, SHA256_LENGTH);
	file->label = xmalloc(file->label_length + 1);
	memcpy(file->label, (const char *)effect->bytes + sizeof(fixed),
	       file->label_length);
	file->label[file->label_length] = '\0';
}

static void add_map(struct trace_files *files, const struct effect *effect)
{
	struct trace_file *file;

	if (!effect->id)
		return;
	file = find_file(files, effect->id, NULL);
	if (!file)
		return;
	file->use |= effect->protection & PROT_EXEC ? FILE_MAPPED_CODE :
						      FILE_MAPPED;
	if (effect->flags & MAP_SHARED)
		file->use |= FILE_SHARED;
}

int trace_files_read(struct trace_reader *reader,
		     struct trace_files *files_out)
{
	struct event event;
	int err;

	memset(files_out, 0, sizeof(*files_out));
	if (!trace_reader_event_count(reader))
		return 0; /* there is no event 1 to go to */
	err = trace_reader_seek(reader, 1);
	while (!err && !(err = trace_reader_next(reader, &event))) {
		for (size_t i = 0; i < event.effect_count; i++) {
			const struct effect *effect = &event.effects[i];

			if (effect->kind == EFFECT_FILE)
				add_file(files_out, &event, effect);
			else if (effect->kind == EFFECT_MAP)
				add_map(files_out, effect);
		}
	}
	if (err == TRACE_END)
		return 0;
	trace_files_deinit(files_out);
	return err;
}

void trace_files_deinit(struct trace_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->files[i].label);
	free(files->files);
	memset(files, 0, sizeof(*files));
}

const char *sha256_text(const uint8_t sha256[SHA256_LENGTH],
			char text[SHA256_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_LENGTH; i++) {
		text[2 * i] = digits[sha256[i] >> 4];
		text[2 * i + 1] = digits[sha256[i] & 15];
	}
	text[2 * SHA256_LENGTH] = '\0';
	return text;
}

const char *file_use_name(uint32_t bit)
{
	switch (bit) {
	case FILE_EXECUTED:
		return "executed";
	case FILE_INTERPRETER:
		return "interpreter";
	case FILE_MAPPED_CODE:
		return "code";
	case FILE_MAPPED:
		return "mapped";
	case FILE_MEMFD:
		return "memfd";
	case FILE_SHARED:
		return "shared";
	case FILE_SCRIPT:
		return "script";
	case FILE_UNNAMED:
		return "unnamed";
	}
	return NULL;
}

/* ---- by name ---- */

/* The name of "/memfd:NAME (deleted)" or "memfd:NAME"; NULL for others. */
static char *memfd_name(const char *label)
{
	static const char deleted[] = " (deleted)";
	size_t length, suffix = sizeof(deleted) - 1;
	char *name;

	label += *label == '/';
	if (strncmp(label, "memfd:", 6))
		return NULL;
	name = xstrdup(label + 6);
	length = strlen(name);
	if (length >= suffix && !strcmp(name + length - suffix, deleted))
		name[length - suffix] = '\0';
	return name;
}

static int is_hash_prefix(const char *name, const char *hash)
{
	size_t length = strlen(name);

	return length >= 4 && length < SHA256_TEXT &&
	       !strncasecmp(name, hash, length);
}

enum file_fit trace_file_fit(const struct trace_file *file, const char *name)
{
	AUTO(heap_free) char *memfd = memfd_name(file->label);
	const char *slash = strrchr(file->label, '/');
	struct text escaped = { 0 };
	char hash[SHA256_TEXT];
	enum file_fit fit = FIT_NONE;

	sha256_text(file->sha256, hash);
	text_escape(&escaped, file->label, file->label_length);
	if (!strcmp(name, file->label) || !strcasecmp(name, hash) ||
	    !strcmp(name, text_string(&escaped)))
		fit = FIT_WHOLE;
	else if (is_hash_prefix(name, hash) ||
		 (slash && !strcmp(name, slash + 1)) ||
		 (memfd && (!strcmp(name, memfd) ||
			    (!strncmp(name, "memfd:", 6) &&
			     !strcmp(name + 6, memfd)))))
		fit = FIT_PART;
	text_deinit(&escaped);
	return fit;
}

void trace_file_print_candidate(const struct trace_file *file)
{
	char hash[SHA256_TEXT];
	struct text label = { 0 };

	text_escape(&label, file->label, file->label_length);
	fprintf(stderr, "  %.16s %10" PRIu64 " bytes, event %" PRIu64 ", %s\n",
		sha256_text(file->sha256, hash), file->size, file->event,
		text_string(&label));
	text_deinit(&label);
}
