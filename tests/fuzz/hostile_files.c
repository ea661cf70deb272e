/* SPDX-License-Identifier: MIT */
/* Mappings, files, tasks and words that do harm. */
#include "tests/fuzz/hostile_forge.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "traces/bytes.h"
#include "traces/object.h"
#include "traces/report.h"

static void map_kernel(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_private(forge, 0xffff800000000000, 0x1000);
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void map_locked(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_map(forge, 0x100000000, 1ul << 40,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE |
			      MAP_NORESERVE);
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void map_no_file(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_map(forge, 0x100000, 0x1000, MAP_SHARED)->id = 3;
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void write_kernel(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_bytes(forge, EFFECT_WRITE, 0xffffffffff600000, "evil", 4);
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void read_kernel(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_bytes(forge, EFFECT_INPUT, 0xffffffff81000000, "evil", 4);
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void file_huge(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_true_file(forge, 1, "huge")->extent = INT64_MAX;
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
	forge_add(forge, EFFECT_FILE_SIZE)->id = 1;
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void file_write_far(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_true_file(forge, 1, "far");
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
	forge_add_bytes(forge, EFFECT_FILE_WRITE, 0, "x", 1)->id = 1;
	forge->effects.effects[0].offset = 1ul << 62;
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void file_missing(struct forge *forge)
{
	static const uint8_t sha256[32] = { 1, 2, 3 };

	forge_begin_idle(forge);
	forge_add_file(forge, 1, sha256, "../../../../etc/passwd");
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void task_of_itself(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_task(forge, ROOT, 0);
	forge_append(forge, EVENT_CLONE, ROOT, 0, 0);
}

static void task_unknown(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_append(forge, EVENT_EXIT, 77, 0, 0);
}

static void task_second_root(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_task(forge, 2, 0);
	forge_append(forge, EVENT_CLONE, 2, 0, 0);
}

/* Each is the first task, as none has the number of a first task. */
static void task_zero(struct forge *forge)
{
	forge_begin_idle(forge);
	for (int i = 0; i < 8; i++) {
		forge_add_task(forge, 0, 0);
		forge_append(forge, EVENT_CLONE, ROOT, 0, 0);
	}
}

static void task_bomb(struct forge *forge)
{
	forge_begin_idle(forge);
	for (uint32_t i = 2; i < 20000; i++) {
		forge_add_task(forge, i, 0x100 /* CLONE_VM */);
		forge_append(forge, EVENT_CLONE, ROOT, 0, 0);
	}
}

static void call_after_exit(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_append(forge, EVENT_EXIT, ROOT, 0, 0);
	forge_append(forge, EVENT_SYSCALL_EXIT, ROOT, SYS_read, 4096);
}

static void end_without_begin(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_append(forge, EVENT_SYSCALL_EXIT, ROOT, SYS_read, 4096);
}

static void limits(struct forge *forge)
{
	forge_begin_idle(forge);
	for (uint32_t i = 0; i < 20; i++) {
		struct effect *effect = forge_add(forge, EFFECT_RLIMIT);

		effect->id = i;
		effect->address = i % 2 ? UINT64_MAX : 0;
		effect->extent = 0;
	}
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
	forge_append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
}

static void output_huge(struct forge *forge)
{
	forge_begin_idle(forge);
	for (uint32_t i = 0; i < 4; i++) {
		struct effect *effect = forge_add(forge, EFFECT_OUTPUT);

		effect->id = i - 1;
		effect->extent = UINT64_MAX;
	}
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

/* Whatever text is printed must not reach a terminal as it is. */
static void rude_words(struct forge *forge)
{
	static const uint64_t arguments[6] = { DATA + 0x400, DATA + 0x400 };
	uint8_t code[128];
	size_t length = forge_put_call(code, SYS_open, arguments);

	forge_begin(forge, code, length);
	forge_add_bytes(forge, EFFECT_WRITE, DATA + 0x400, RUDE, sizeof(RUDE));
	forge_add_true_file(forge, 1, "/memfd:" RUDE);
	forge_add_map(forge, 0x200000, 0x1000, MAP_PRIVATE)->id = 1;
	for (uint32_t i = TEXT_COMM; i <= TEXT_MOUNT; i++)
		forge_add_bytes(forge, EFFECT_TEXT, 0, RUDE, strlen(RUDE))->id =
			i;
	forge_add_bytes(forge, EFFECT_FD, 0, RUDE, strlen(RUDE))->id = 5;
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
	forge_expect_call(forge, CODE + length, SYS_open, arguments);
	forge_add_bytes(forge, EFFECT_INPUT, DATA + 0x400, RUDE, sizeof(RUDE));
	forge_add_bytes(forge, EFFECT_FD, 0, RUDE, strlen(RUDE))->id = 5;
	forge_append(forge, EVENT_SYSCALL, ROOT, SYS_open, 3);
	/* stop in the file, so that its name is in the backtrace */
	forge->registers[R_RIP] = 0x200000;
	forge_add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
			sizeof(forge->registers));
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
	forge_append(forge, EVENT_SYSCALL, ROOT, SYS_open, 3);
}

/* A snapshot of 64 GiB in a file of two megabytes, under any name. */
static void bomb(struct forge *forge)
{
	static const uint8_t sha256[32];
	const size_t piece = (size_t)128 << 20;
	const uint64_t count = 512;
	uint8_t *content = xmalloc(piece), *packed, trailer[28];
	size_t room = ZSTD_compressBound(piece), length;
	char name[OBJECT_NAME_SIZE], *path;
	int fd;

	forge_begin_idle(forge);
	object_name(sha256, name);
	packed = xmalloc(room);
	memset(content, 'A', piece);
	length = ZSTD_compress(packed, room, content, piece, 1);
	path = xasprintf("%s/objects/00", forge->trace);
	mkdir(path, 0755);
	free(path);
	path = xasprintf("%s/objects/%s", forge->trace, name);
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	put32(trailer, 0x184D2A53u);
	put32(trailer + 4, 20);
	put64(trailer + 8, piece * count);
	put64(trailer + 16, length * count);
	put32(trailer + 24, (uint32_t)XXH64(trailer, 24, 0));
	for (uint64_t i = 0; i < count; i++)
		if (write_all(fd, packed, length))
			exit(3);
	if (write_all(fd, trailer, sizeof(trailer)))
		exit(3);
	close(fd);
	free(path);
	free(packed);
	free(content);
	forge_add_file(forge, 1, sha256, "bomb")->extent = piece * count;
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

const struct attack file_attacks[] = {
	{ "map-kernel", map_kernel },
	{ "map-locked", map_locked },
	{ "map-no-file", map_no_file },
	{ "write-kernel", write_kernel },
	{ "read-kernel", read_kernel },
	{ "file-huge", file_huge },
	{ "file-write-far", file_write_far },
	{ "file-missing", file_missing },
	{ "task-of-itself", task_of_itself },
	{ "task-unknown", task_unknown },
	{ "task-second-root", task_second_root },
	{ "task-zero", task_zero },
	{ "call-after-exit", call_after_exit },
	{ "end-without-begin", end_without_begin },
	{ "limits", limits },
	{ "output-huge", output_huge },
	{ "rude-words", rude_words },
	{ "+task-bomb", task_bomb },
	{ "+bomb", bomb },
	{ NULL, NULL },
};
