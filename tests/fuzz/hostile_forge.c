/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/hostile_forge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "traces/bytes.h"

__asm__(".pushsection .rodata\n"
	".globl evil_start, evil_end, jump_start, jump_end\n"
	"evil_start:\n"
	"	mov $0x30800, %r15d\n"
	"	cmpb $0, (%r15)\n"
	"	jne 1f\n"
	"	movb $1, (%r15)\n"
	"	mov $2, %eax\n"	      /* open */
	"	mov $0x30000, %edi\n" /* DATA */
	"	mov $0x241, %esi\n"   /* O_WRONLY | O_CREAT | O_TRUNC */
	"	mov $0x1a4, %edx\n"
	"	mov $0x70000000, %ebx\n"
	"	jmp *%rbx\n"
	"1:	int3\n"
	"evil_end:\n"
	"jump_start:\n"
	"	syscall\n"
	"	mov $0x10800, %r15d\n" /* EVIL */
	"	jmp *%r15\n"
	"jump_end:\n"
	".popsection\n");

/* ---- making events ---- */

void forge_append(struct forge *forge, enum event_kind kind, uint32_t task,
		  int detail, int64_t result)
{
	struct event event = {
		.kind = kind,
		.task = task,
		.detail = detail,
		.result = result,
		.signal = kind == EVENT_SIGNAL ? 11 : 0,
		.effects = forge->effects.effects,
		.effect_count = forge->effects.count,
	};

	memcpy(event.registers, forge->registers, sizeof(event.registers));
	/* What the writer refuses is no trace that could come. */
	if (trace_writer_append(forge->writer, &event))
		exit(3);
	effect_list_clear(&forge->effects);
}

struct effect *forge_add(struct forge *forge, enum effect_kind kind)
{
	return effect_list_add(&forge->effects, kind);
}

struct effect *forge_add_bytes(struct forge *forge, enum effect_kind kind,
			       uint64_t address, const void *bytes,
			       size_t length)
{
	struct effect *effect =
		effect_list_add_bytes(&forge->effects, kind, bytes, length);

	effect->address = address;
	return effect;
}

struct effect *forge_add_map(struct forge *forge, uint64_t address,
			     uint64_t length, uint32_t flags)
{
	struct effect *effect =
		forge_add_bytes(forge, EFFECT_MAP, address, "", 0);

	effect->extent = length;
	effect->protection = ALL_RIGHTS;
	effect->flags = flags;
	return effect;
}

void forge_add_private(struct forge *forge, uint64_t address, uint64_t length)
{
	forge_add_map(forge, address, length, MAP_PRIVATE | MAP_ANONYMOUS);
}

void forge_add_task(struct forge *forge, uint32_t id, uint64_t flags)
{
	struct effect *effect = forge_add_bytes(forge, EFFECT_TASK, 1000 + id,
						forge->registers,
						sizeof(forge->registers));

	effect->id = id;
	effect->offset = 1000 + id;
	effect->extent = flags;
}

struct effect *forge_add_file(struct forge *forge, uint32_t id,
			      const uint8_t sha256[32], const char *label)
{
	uint8_t bytes[sizeof(struct event_file) + 256] = { 0 };
	struct event_file file = { .use = FILE_MEMFD, .mode = 0100755 };
	struct effect *effect;

	memcpy(file.sha256, sha256, sizeof(file.sha256));
	memcpy(bytes, &file, sizeof(file));
	memcpy(bytes + sizeof(file), label, strlen(label));
	effect = forge_add_bytes(forge, EFFECT_FILE, 0, bytes,
				 sizeof(file) + strlen(label));
	effect->id = id;
	effect->extent = 4096;
	return effect;
}

struct effect *forge_add_true_file(struct forge *forge, uint32_t id,
				   const char *label)
{
	static const uint8_t page[4096] = { 'x' };
	uint8_t sha256[32];

	if (store_add_bytes(trace_writer_store(forge->writer), page,
			    sizeof(page), sha256))
		exit(3);
	return forge_add_file(forge, id, sha256, label);
}

void forge_begin(struct forge *forge, const void *code, size_t length)
{
	uint64_t *registers = forge->registers;

	registers[R_CS] = 0x33;
	registers[R_SS] = 0x2b;
	registers[R_EFLAGS] = 0x202;
	registers[R_RIP] = CODE;
	registers[R_RSP] = STACK - 64;
	forge_add_task(forge, ROOT, 0);
	forge_append(forge, EVENT_CLONE, ROOT, 0, 0);
	forge_add_private(forge, CODE, 0x10000);
	forge_add_private(forge, DATA, 0x1000);
	forge_add_private(forge, STACK - 0x1000, 0x1000);
	forge_add_bytes(forge, EFFECT_WRITE, CODE, code, length);
	forge_add_bytes(forge, EFFECT_WRITE, EVIL, evil_start,
			(size_t)(evil_end - evil_start));
	forge_add_bytes(forge, EFFECT_WRITE, DATA, forge->path,
			strlen(forge->path) + 1);
	forge_add_bytes(forge, EFFECT_REGISTERS, 0, registers,
			sizeof(forge->registers));
	forge_append(forge, EVENT_EXEC, ROOT, 0, 0);
}

void forge_begin_idle(struct forge *forge)
{
	forge_begin(forge, "\xcc", 1);
}

size_t forge_put_call(uint8_t *code, int number, const uint64_t arguments[6])
{
	static const uint8_t moves[6][2] = {
		{ 0x48, 0xbf }, { 0x48, 0xbe }, { 0x48, 0xba },
		{ 0x49, 0xba }, { 0x49, 0xb8 }, { 0x49, 0xb9 },
	};
	uint8_t *at = code;

	for (int i = 0; i < 6; i++) {
		memcpy(at, moves[i], 2);
		put64(at + 2, arguments[i]);
		at += 10;
	}
	*at++ = 0xb8; /* mov $number, %eax */
	put32(at, (uint32_t)number);
	at += 4;
	*at++ = 0x0f; /* syscall */
	*at++ = 0x05;
	return (size_t)(at - code);
}

void forge_expect_call(struct forge *forge, uint64_t rip, int number,
		       const uint64_t arguments[6])
{
	uint64_t *registers = forge->registers;

	registers[R_RDI] = arguments[0];
	registers[R_RSI] = arguments[1];
	registers[R_RDX] = arguments[2];
	registers[R_R10] = arguments[3];
	registers[R_R8] = arguments[4];
	registers[R_R9] = arguments[5];
	registers[R_RAX] = registers[R_ORIG_RAX] = (uint64_t)number;
	registers[R_RIP] = registers[R_RCX] = rip;
	registers[R_R11] = registers[R_EFLAGS];
}

void forge_make_call(struct forge *forge, int number, int64_t result,
		     const uint64_t arguments[6])
{
	uint8_t code[128];
	size_t length = forge_put_call(code, number, arguments);

	code[length] = 0xcc;
	forge_begin(forge, code, length + 1);
	forge_expect_call(forge, CODE + length, number, arguments);
	forge_append(forge, EVENT_SYSCALL, ROOT, number, result);
	forge_add_private(forge, 0x60000, 0x1000);
	forge_append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
}

void forge_inject_evil(struct forge *forge, uint32_t task)
{
	forge_add_private(forge, 0x60000, 0x1000);
	forge_append(forge, EVENT_NOTE, task, 0, 0);
}
