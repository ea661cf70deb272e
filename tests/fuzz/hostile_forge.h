/* SPDX-License-Identifier: MIT */
/*
 * A trace that is made up event by event: for hostile_trace.c and its attacks.
 * What the writer refuses is no trace that could come: then the process ends.
 */
#ifndef REEL_HOSTILE_FORGE_H
#define REEL_HOSTILE_FORGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "src/registers.h"
#include "traces/writer.h"

#define CODE 0x10000u	     /* 16 pages, all rights */
#define EVIL (CODE + 0x800u) /* where a tampered session page jumps to */
#define DATA 0x30000u	     /* PATH */
#define STACK 0x50000u
#define ROOT 1u

#define ALL_RIGHTS (PROT_READ | PROT_WRITE | PROT_EXEC)

/* Escape, bell, 8-bit control, a line break, a percent sign. */
#define RUDE                                 \
	"\033]0;owned\a\033[31m\x9b\xc2\x9b" \
	"2J\r\n%s%n\x7f\b"

struct forge {
	struct trace_writer *writer;
	struct effect_list effects;
	uint64_t registers[EVENT_REGISTERS]; /* as they will be */
	const char *trace, *path;
};

struct attack {
	const char *name;
	void (*make)(struct forge *forge);
};

/* Each ends with a name that is NULL; those with a + are not for every test. */
extern const struct attack session_attacks[]; /* hostile_session.c */
extern const struct attack code_attacks[];    /* hostile_code.c */
extern const struct attack file_attacks[];    /* hostile_files.c */

/* hostile_vary.c: writes a variation of a trace, without its snapshots. */
int hostile_vary(const char *from, const char *to, unsigned seed);

/* ---- hostile_forge.c ---- */

/*
 * Evil code makes the file through the instruction that may make calls, once.
 * The jump leads there from behind that instruction.
 */
extern const uint8_t evil_start[], evil_end[], jump_start[], jump_end[];

void forge_append(struct forge *forge, enum event_kind kind, uint32_t task,
		  int detail, int64_t result);
struct effect *forge_add(struct forge *forge, enum effect_kind kind);
struct effect *forge_add_bytes(struct forge *forge, enum effect_kind kind,
			       uint64_t address, const void *bytes,
			       size_t length);
struct effect *forge_add_map(struct forge *forge, uint64_t address,
			     uint64_t length, uint32_t flags);
void forge_add_private(struct forge *forge, uint64_t address, uint64_t length);
void forge_add_task(struct forge *forge, uint32_t id, uint64_t flags);
struct effect *forge_add_file(struct forge *forge, uint32_t id,
			      const uint8_t sha256[32], const char *label);
/* A file of the trace that really is there. */
struct effect *forge_add_true_file(struct forge *forge, uint32_t id,
				   const char *label);
/* The program so far: a root task whose code is what follows. */
void forge_begin(struct forge *forge, const void *code, size_t length);
void forge_begin_idle(struct forge *forge);
/* Code that makes one call, then runs into what follows it. */
size_t forge_put_call(uint8_t *code, int number, const uint64_t arguments[6]);
/* The registers at a call that the code before rip makes. */
void forge_expect_call(struct forge *forge, uint64_t rip, int number,
		       const uint64_t arguments[6]);
/*
 * A program that makes the call, which a replay makes again if it is one of
 * memory; effects that are there afterwards make the replayer inject another.
 */
void forge_make_call(struct forge *forge, int number, int64_t result,
		     const uint64_t arguments[6]);
void forge_inject_evil(struct forge *forge, uint32_t task);

#endif
