/* SPDX-License-Identifier: MIT */
/*
 * Makes traces that somebody evil could make: every checksum is right, since
 * the trace library wrote them, but what they say is an attack.
 *
 *	hostile-trace list			names of the attacks
 *	hostile-trace make NAME DIR PATH	the trace of one attack
 *	hostile-trace vary TRACE DIR SEED	a recorded trace with variations
 *
 * Where an attack gets a system call of its own performed, it makes the file
 * PATH.  tests/hostile runs reel on all of them and says what must come out.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "src/registers.h"
#include "src/session_page.h"
#include "traces/bytes.h"
#include "traces/call_record.h"
#include "traces/object.h"
#include "traces/reader.h"
#include "traces/report.h"
#include "traces/writer.h"

#define CODE 0x10000u	   /* 16 pages, all rights */
#define EVIL (CODE + 0x800u) /* where a tampered session page jumps to */
#define DATA 0x30000u	   /* PATH */
#define STACK 0x50000u
#define ROOT 1u

#define ALL_RIGHTS (PROT_READ | PROT_WRITE | PROT_EXEC)

/* Escape, bell, 8-bit control, a line break, a percent sign. */
#define RUDE "\033]0;owned\a\033[31m\x9b\xc2\x9b" "2J\r\n%s%n\x7f\b"

struct forge {
	struct trace_writer *writer;
	struct effect_list effects;
	uint64_t registers[EVENT_REGISTERS]; /* as they will be */
	const char *trace, *path;
};

/* ---- machine code ---- */

extern const uint8_t evil_start[], evil_end[], jump_start[], jump_end[];

/*
 * Evil code makes the file through the instruction that may make calls, once.
 * The jump leads there from behind that instruction.
 */
__asm__(".pushsection .rodata\n"
	"evil_start:\n"
	"	mov $0x30800, %r15d\n"
	"	cmpb $0, (%r15)\n"
	"	jne 1f\n"
	"	movb $1, (%r15)\n"
	"	mov $2, %eax\n"	     /* open */
	"	mov $0x30000, %edi\n" /* DATA */
	"	mov $0x241, %esi\n"  /* O_WRONLY | O_CREAT | O_TRUNC */
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

static void append(struct forge *forge, enum event_kind kind, uint32_t task,
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

static struct effect *add(struct forge *forge, enum effect_kind kind)
{
	return effect_list_add(&forge->effects, kind);
}

static struct effect *add_bytes(struct forge *forge, enum effect_kind kind,
				uint64_t address, const void *bytes,
				size_t length)
{
	struct effect *effect = effect_list_add_bytes(&forge->effects, kind,
						      bytes, length);

	effect->address = address;
	return effect;
}

static struct effect *add_map(struct forge *forge, uint64_t address,
			      uint64_t length, uint32_t flags)
{
	struct effect *effect = add_bytes(forge, EFFECT_MAP, address, "", 0);

	effect->extent = length;
	effect->protection = ALL_RIGHTS;
	effect->flags = flags;
	return effect;
}

static void add_private(struct forge *forge, uint64_t address, uint64_t length)
{
	add_map(forge, address, length, MAP_PRIVATE | MAP_ANONYMOUS);
}

static void add_task(struct forge *forge, uint32_t id, uint64_t flags)
{
	struct effect *effect = add_bytes(forge, EFFECT_TASK, 1000 + id,
					  forge->registers,
					  sizeof(forge->registers));

	effect->id = id;
	effect->offset = 1000 + id;
	effect->extent = flags;
}

static struct effect *add_file(struct forge *forge, uint32_t id,
			       const uint8_t sha256[32], const char *label)
{
	uint8_t bytes[sizeof(struct event_file) + 256] = { 0 };
	struct event_file file = { .use = FILE_MEMFD, .mode = 0100755 };
	struct effect *effect;

	memcpy(file.sha256, sha256, sizeof(file.sha256));
	memcpy(bytes, &file, sizeof(file));
	memcpy(bytes + sizeof(file), label, strlen(label));
	effect = add_bytes(forge, EFFECT_FILE, 0, bytes,
			   sizeof(file) + strlen(label));
	effect->id = id;
	effect->extent = 4096;
	return effect;
}

/* A file of the trace that really is there. */
static struct effect *add_true_file(struct forge *forge, uint32_t id,
				    const char *label)
{
	static const uint8_t page[4096] = { 'x' };
	uint8_t sha256[32];

	if (store_add_bytes(trace_writer_store(forge->writer), page,
			    sizeof(page), sha256))
		exit(3);
	return add_file(forge, id, sha256, label);
}

/* The program so far: a root task whose code is what follows. */
static void begin(struct forge *forge, const void *code, size_t length)
{
	uint64_t *registers = forge->registers;

	registers[R_CS] = 0x33;
	registers[R_SS] = 0x2b;
	registers[R_EFLAGS] = 0x202;
	registers[R_RIP] = CODE;
	registers[R_RSP] = STACK - 64;
	add_task(forge, ROOT, 0);
	append(forge, EVENT_CLONE, ROOT, 0, 0);
	add_private(forge, CODE, 0x10000);
	add_private(forge, DATA, 0x1000);
	add_private(forge, STACK - 0x1000, 0x1000);
	add_bytes(forge, EFFECT_WRITE, CODE, code, length);
	add_bytes(forge, EFFECT_WRITE, EVIL, evil_start,
		  (size_t)(evil_end - evil_start));
	add_bytes(forge, EFFECT_WRITE, DATA, forge->path,
		  strlen(forge->path) + 1);
	add_bytes(forge, EFFECT_REGISTERS, 0, registers,
		  sizeof(forge->registers));
	append(forge, EVENT_EXEC, ROOT, 0, 0);
}

static void begin_idle(struct forge *forge)
{
	begin(forge, "\xcc", 1);
}

/* Code that makes one call, then runs into what follows it. */
static size_t put_call(uint8_t *code, int number, const uint64_t arguments[6])
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

/* The registers at a call that the code before rip makes. */
static void expect_call(struct forge *forge, uint64_t rip, int number,
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

/*
 * A program that makes the call, which a replay makes again if it is one of
 * memory; effects that are there afterwards make the replayer inject another.
 */
static void make_call(struct forge *forge, int number, int64_t result,
		      const uint64_t arguments[6])
{
	uint8_t code[128];
	size_t length = put_call(code, number, arguments);

	code[length] = 0xcc;
	begin(forge, code, length + 1);
	expect_call(forge, CODE + length, number, arguments);
	append(forge, EVENT_SYSCALL, ROOT, number, result);
	add_private(forge, 0x60000, 0x1000);
	append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
}

/* ---- attacks on the session page ---- */

static void inject_evil(struct forge *forge, uint32_t task)
{
	add_private(forge, 0x60000, 0x1000);
	append(forge, EVENT_NOTE, task, 0, 0);
}

static void session_write(struct forge *forge)
{
	begin_idle(forge);
	add_bytes(forge, EFFECT_WRITE, SESSION_PAGE, jump_start,
		  (size_t)(jump_end - jump_start));
	inject_evil(forge, ROOT);
}

/* Begins before the page, so that its own address is not in it. */
static void session_write_across(struct forge *forge)
{
	uint8_t bytes[0x1000 + 64] = { 0 };

	begin_idle(forge);
	memcpy(bytes + 0x1000, jump_start, (size_t)(jump_end - jump_start));
	add_private(forge, SESSION_PAGE - 0x1000, 0x1000);
	add_bytes(forge, EFFECT_WRITE, SESSION_PAGE - 0x1000, bytes,
		  sizeof(bytes));
	inject_evil(forge, ROOT);
}

static void session_child_write(struct forge *forge)
{
	begin_idle(forge);
	add_task(forge, 2, 0);
	add_bytes(forge, EFFECT_CHILD_WRITE, SESSION_PAGE, jump_start,
		  (size_t)(jump_end - jump_start));
	append(forge, EVENT_CLONE, ROOT, 0, 0);
	inject_evil(forge, 2);
}

/* The program makes the page writable and writes it itself. */
static void session_mprotect(struct forge *forge)
{
	static const uint64_t arguments[6] = { SESSION_PAGE, 0x1000,
					       ALL_RIGHTS };
	static const uint64_t none[6];
	size_t jump = (size_t)(jump_end - jump_start), length, second;
	uint8_t code[256];

	length = second = put_call(code, SYS_mprotect, arguments);
	for (size_t i = 2; i < jump; i++) { /* movb $X, SESSION_PAGE + i */
		memcpy(code + second, "\xc6\x04\x25", 3);
		put32(code + second + 3, (uint32_t)(SESSION_PAGE + i));
		code[second + 7] = jump_start[i];
		second += 8;
	}
	second += put_call(code + second, SYS_getpid, none);
	begin(forge, code, second);
	expect_call(forge, CODE + length, SYS_mprotect, arguments);
	append(forge, EVENT_SYSCALL, ROOT, SYS_mprotect, 0);
	expect_call(forge, CODE + second, SYS_getpid, none);
	add_private(forge, 0x60000, 0x1000);
	append(forge, EVENT_SYSCALL, ROOT, SYS_getpid, 1);
}

/*
 * A mapping of a memfd that seems to be at the page: who watches for stores to
 * it would make the page writable.
 */
static void session_stores(struct forge *forge)
{
	static const uint64_t name[6] = { DATA + 0x400 };
	static const uint64_t mapping[6] = { 0, 0x1000, ALL_RIGHTS, MAP_SHARED,
					     3 };
	static const uint64_t none[6];
	static const uint8_t other[32] = { 1 };
	size_t jump = (size_t)(jump_end - jump_start), first, second, third;
	uint8_t code[512];

	first = put_call(code, SYS_memfd_create, name);
	third = second = first + put_call(code + first, SYS_mmap, mapping);
	for (size_t i = 2; i < jump; i++) { /* movb $X, SESSION_PAGE + i */
		memcpy(code + third, "\xc6\x04\x25", 3);
		put32(code + third + 3, (uint32_t)(SESSION_PAGE + i));
		code[third + 7] = jump_start[i];
		third += 8;
	}
	third += put_call(code + third, SYS_getpid, none);
	begin(forge, code, third);
	add_bytes(forge, EFFECT_WRITE, DATA + 0x400, "bad", 4);
	append(forge, EVENT_NOTE, ROOT, 0, 0);
	expect_call(forge, CODE + first, SYS_memfd_create, name);
	add_bytes(forge, EFFECT_INPUT, DATA + 0x400, "bad", 4);
	append(forge, EVENT_SYSCALL, ROOT, SYS_memfd_create, 3);
	forge->registers[R_RAX] = 3;
	expect_call(forge, CODE + second, SYS_mmap, mapping);
	add_true_file(forge, 1, "/memfd:bad");
	append(forge, EVENT_SYSCALL, ROOT, SYS_mmap, (int64_t)SESSION_PAGE);
	expect_call(forge, CODE + third, SYS_getpid, none);
	add_file(forge, 1, other, "/memfd:bad");
	add_private(forge, 0x60000, 0x1000);
	append(forge, EVENT_SYSCALL, ROOT, SYS_getpid, 1);
}

static void session_mremap_onto(struct forge *forge)
{
	static const uint64_t arguments[6] = { EVIL + 0x1800, 0x1000, 0x1000,
					       MREMAP_MAYMOVE | MREMAP_FIXED,
					       SESSION_PAGE };
	uint8_t code[128];
	size_t length = put_call(code, SYS_mremap, arguments);

	begin(forge, code, length);
	add_bytes(forge, EFFECT_WRITE, EVIL + 0x1800, jump_start,
		  (size_t)(jump_end - jump_start));
	append(forge, EVENT_NOTE, ROOT, 0, 0);
	expect_call(forge, CODE + length, SYS_mremap, arguments);
	append(forge, EVENT_SYSCALL, ROOT, SYS_mremap, SESSION_PAGE);
	inject_evil(forge, ROOT);
}

static void session_mremap_away(struct forge *forge)
{
	make_call(forge, SYS_mremap, 0x100000,
		  (uint64_t[6]){ SESSION_PAGE, 0x1000, 0x1000,
				 MREMAP_MAYMOVE });
}

static void session_munmap(struct forge *forge)
{
	make_call(forge, SYS_munmap, 0,
		  (uint64_t[6]){ SESSION_PAGE - 0x1000, 0x10000 });
}

static void session_munmap_wrapping(struct forge *forge)
{
	make_call(forge, SYS_munmap, 0,
		  (uint64_t[6]){ SESSION_PAGE, UINT64_MAX - 4095 });
}

static void session_madvise(struct forge *forge)
{
	make_call(forge, SYS_madvise, 0,
		  (uint64_t[6]){ SESSION_PAGE, 0x1000, MADV_DONTNEED });
}

static void session_madvise_across(struct forge *forge)
{
	make_call(forge, SYS_madvise, -12,
		  (uint64_t[6]){ CODE + 0x10000, SESSION_PAGE,
				 MADV_DONTNEED });
}

static void session_protect_none(struct forge *forge)
{
	make_call(forge, SYS_pkey_mprotect, 0,
		  (uint64_t[6]){ SESSION_PAGE, 0x2000, PROT_NONE, 0 });
}

static void session_remap_pages(struct forge *forge)
{
	make_call(forge, SYS_remap_file_pages, 0,
		  (uint64_t[6]){ SESSION_PAGE, 0x1000, 0, 0, 0 });
}

static void session_map(struct forge *forge)
{
	begin_idle(forge);
	add_private(forge, SESSION_PAGE, 0x1000);
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

/* A gigantic page would cover it. */
static void session_map_huge(struct forge *forge)
{
	begin_idle(forge);
	add_map(forge, 0x40000000, 0x1000,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_HUGETLB |
		30u << 26);
	inject_evil(forge, ROOT);
}

static void session_unmap(struct forge *forge)
{
	begin_idle(forge);
	add(forge, EFFECT_UNMAP)->extent = 0x7ffffffff000;
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

/* The traps of debug registers, at the instruction that makes calls. */
static void session_watch(struct forge *forge)
{
	struct effect *effect;

	begin_idle(forge);
	effect = add(forge, EFFECT_DEBUG_REGISTER);
	effect->offset = SESSION_PAGE;
	effect = add(forge, EFFECT_DEBUG_REGISTER);
	effect->id = 7;
	effect->offset = 1;
	append(forge, EVENT_TRACER, ROOT, 0, 0);
	inject_evil(forge, ROOT);
}

static void kernel_watch(struct forge *forge)
{
	struct effect *effect;

	begin_idle(forge);
	effect = add(forge, EFFECT_DEBUG_REGISTER);
	effect->id = 7;
	effect->offset = 0xf0001;
	effect = add(forge, EFFECT_DEBUG_REGISTER);
	effect->offset = 0xffffffff81000000;
	append(forge, EVENT_TRACER, ROOT, 0, 0);
	inject_evil(forge, ROOT);
}

/* A tracer makes of a harmless call the one that unmaps the page. */
static void tracer_munmap(struct forge *forge)
{
	static const uint64_t none[6] = { 0 };
	static const uint64_t evil[6] = { SESSION_PAGE, 0x10000 };
	uint8_t code[128];
	size_t length = put_call(code, SYS_getpid, none);

	code[length] = 0xcc;
	begin(forge, code, length + 1);
	expect_call(forge, CODE + length, SYS_getpid, none);
	append(forge, EVENT_SYSCALL_ENTER, ROOT, SYS_getpid, 0);
	expect_call(forge, CODE + length, SYS_munmap, evil);
	add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
		  sizeof(forge->registers));
	append(forge, EVENT_TRACER, ROOT, 0, 0);
	append(forge, EVENT_SYSCALL_EXIT, ROOT, SYS_munmap, 0);
	inject_evil(forge, ROOT);
	append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
}

static void session_protect(struct forge *forge)
{
	struct effect *effect;

	begin_idle(forge);
	effect = add(forge, EFFECT_PROTECT);
	effect->address = SESSION_PAGE;
	effect->extent = 0x1000;
	effect->protection = ALL_RIGHTS;
	inject_evil(forge, ROOT);
}

/* ---- code that tries to make calls ---- */

/* Step by step through the replayer's own instruction. */
static void step_session(struct forge *forge)
{
	static const uint64_t arguments[6] = { DATA, 0x241, 0x1a4 };

	begin_idle(forge);
	expect_call(forge, SESSION_PAGE, SYS_open, arguments);
	add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
		  sizeof(forge->registers));
	append(forge, EVENT_TRACER, ROOT, 0, 0);
	forge->registers[R_RIP] = SESSION_PAGE + 2;
	for (int i = 0; i < 4; i++)
		append(forge, EVENT_SIGNAL, ROOT, SIGNAL_AFTER_STEP,
		       SIGNAL_TRACED);
	inject_evil(forge, ROOT);
}

static void run_code(struct forge *forge, const char *code, size_t length)
{
	begin(forge, code, length);
	append(forge, EVENT_SYSCALL, ROOT, SYS_open, 0);
}

/* Through the replayer's own instruction. */
static void jump_to_session(struct forge *forge)
{
	static const uint64_t none[6] = { DATA, 0x241, 0x1a4 };
	uint8_t code[128];
	size_t length = put_call(code, SYS_open, none) - 2;

	memcpy(code + length, "\xbb\0\0\0\x70\xff\xe3", 7); /* jmp *%rbx */
	begin(forge, code, length + 7);
	expect_call(forge, SESSION_PAGE + 2, SYS_open, none);
	forge->registers[R_RBX] = SESSION_PAGE;
	append(forge, EVENT_SYSCALL, ROOT, SYS_open, 3);
	inject_evil(forge, ROOT);
	append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
}

static void int_80(struct forge *forge)
{
	static const char code[] = "\xb8\x05\0\0\0"     /* open in 32 bits */
				   "\xbb\0\0\x03\0"     /* DATA */
				   "\xb9\x41\x02\0\0"
				   "\xba\xa4\x01\0\0"
				   "\xcd\x80\xcc";

	run_code(forge, code, sizeof(code) - 1);
}

static void sysenter(struct forge *forge)
{
	static const char code[] = "\xb8\x05\0\0\0\xbb\0\0\x03\0"
				   "\xb9\x41\x02\0\0\xba\xa4\x01\0\0"
				   "\xbd\0\x01\x03\0\x0f\x34\xcc";

	run_code(forge, code, sizeof(code) - 1);
}

/* The kernel emulates three calls at fixed addresses, as page faults. */
static void vsyscall(struct forge *forge)
{
	run_code(forge, "\xbf\0\0\x03\0\x31\xf6"
			"\x48\xc7\xc0\0\0\x60\xff\xff\xd0\xcc", 17);
}

static void x32_call(struct forge *forge)
{
	run_code(forge, "\xb8\x02\0\0\x40\xbf\0\0\x03\0\xbe\x41\x02\0\0"
			"\xba\xa4\x01\0\0\x0f\x05\xcc", 23);
}

/* Far return into 32-bit code, which makes calls in both ways. */
static void compat_mode(struct forge *forge)
{
	static const char code[] =
		"\x6a\x23\x68\x10\0\x01\0\x48\xcb" /* push, push, lretq */
		"\x90\x90\x90\x90\x90\x90\x90"
		"\xb8\x05\0\0\0\xbb\0\0\x03\0\xb9\x41\x02\0\0\xba\xa4\x01\0\0"
		"\xcd\x80\xcc";

	run_code(forge, code, sizeof(code) - 1);
}

/* The replayer injects a call while the task is in 32-bit mode. */
static void compat_inject(struct forge *forge)
{
	begin_idle(forge);
	forge->registers[R_CS] = 0x23;
	forge->registers[R_RBX] = DATA;
	add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
		  sizeof(forge->registers));
	append(forge, EVENT_NOTE, ROOT, 0, 0);
	append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
	inject_evil(forge, ROOT);
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void trap_flag(struct forge *forge)
{
	begin_idle(forge);
	forge->registers[R_EFLAGS] = 0x347fd7;
	add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
		  sizeof(forge->registers));
	inject_evil(forge, ROOT);
	append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
	append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
}

static void segment_bases(struct forge *forge)
{
	run_code(forge, "\x48\xc7\xc0\xff\xff\xff\xff\xf3\x48\x0f\xae\xd0"
			"\xf3\x48\x0f\xae\xd8\x0f\x05\xcc", 20);
}

static void odd_register(struct forge *forge, int which, uint64_t value)
{
	begin_idle(forge);
	forge->registers[which] = value;
	add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
		  sizeof(forge->registers));
	inject_evil(forge, ROOT);
	append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
}

static void kernel_segment(struct forge *forge)
{
	odd_register(forge, R_CS, 0x10);
}

static void null_segment(struct forge *forge)
{
	odd_register(forge, R_SS, 0);
}

static void kernel_rip(struct forge *forge)
{
	odd_register(forge, R_RIP, 0xffffffff81000000);
}

static void crooked_rip(struct forge *forge)
{
	odd_register(forge, R_RIP, 0x8000000000000000);
}

static void crooked_base(struct forge *forge)
{
	odd_register(forge, R_GS_BASE, 0x8000000000000000);
}

static void odd_xstate(struct forge *forge)
{
	uint8_t bytes[4096];

	begin_idle(forge);
	memset(bytes, 0xff, sizeof(bytes));
	add_bytes(forge, EFFECT_XSTATE, 0, bytes, sizeof(bytes));
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void endless_loop(struct forge *forge)
{
	run_code(forge, "\xeb\xfe", 2);
}

/* Its death must not leave a core file where the person is. */
static void core_file(struct forge *forge)
{
	vsyscall(forge);
}

/* ---- points ---- */

/* A loop whose first instruction, of five bytes, a jump can replace. */
static void begin_loop(struct forge *forge)
{
	begin(forge, "\x0f\x1f\x44\0\0\xff\xc0\x75\xf7\xcc", 10);
}

static void point_at(struct forge *forge, uint64_t rip)
{
	begin_loop(forge);
	forge->registers[R_RIP] = rip;
	append(forge, EVENT_POINT, ROOT, 0, 0);
	inject_evil(forge, ROOT);
}

static void point_at_session(struct forge *forge)
{
	point_at(forge, SESSION_PAGE);
}

/* A jump there would end in the page. */
static void point_before_session(struct forge *forge)
{
	point_at(forge, SESSION_PAGE - 2);
}

static void point_in_kernel(struct forge *forge)
{
	point_at(forge, 0xffffffff81000000);
}

static void point_crooked(struct forge *forge)
{
	point_at(forge, 0x8000000000000000);
}

static void point_unmapped(struct forge *forge)
{
	point_at(forge, 0x7ffffffff000 - 3);
}

/* Words to compare where no program's memory is, and too many of them. */
static void point_words(struct forge *forge)
{
	begin_loop(forge);
	forge->registers[R_RAX] = 1000;
	for (uint64_t i = 0; i < 200; i++)
		add_bytes(forge, EFFECT_INPUT,
			  i % 2 ? 0xffffffff81000000 + i * 8 :
				  0x8000000000000000, "evilevil", 8);
	append(forge, EVENT_POINT, ROOT, -1, 0);
	inject_evil(forge, ROOT);
}

/* ---- mappings, files, tasks, words ---- */

static void map_kernel(struct forge *forge)
{
	begin_idle(forge);
	add_private(forge, 0xffff800000000000, 0x1000);
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void map_locked(struct forge *forge)
{
	begin_idle(forge);
	add_map(forge, 0x100000000, 1ul << 40,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE |
		MAP_NORESERVE);
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void map_no_file(struct forge *forge)
{
	begin_idle(forge);
	add_map(forge, 0x100000, 0x1000, MAP_SHARED)->id = 3;
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void write_kernel(struct forge *forge)
{
	begin_idle(forge);
	add_bytes(forge, EFFECT_WRITE, 0xffffffffff600000, "evil", 4);
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void read_kernel(struct forge *forge)
{
	begin_idle(forge);
	add_bytes(forge, EFFECT_INPUT, 0xffffffff81000000, "evil", 4);
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void file_huge(struct forge *forge)
{
	begin_idle(forge);
	add_true_file(forge, 1, "huge")->extent = INT64_MAX;
	append(forge, EVENT_NOTE, ROOT, 0, 0);
	add(forge, EFFECT_FILE_SIZE)->id = 1;
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void file_write_far(struct forge *forge)
{
	begin_idle(forge);
	add_true_file(forge, 1, "far");
	append(forge, EVENT_NOTE, ROOT, 0, 0);
	add_bytes(forge, EFFECT_FILE_WRITE, 0, "x", 1)->id = 1;
	forge->effects.effects[0].offset = 1ul << 62;
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void file_missing(struct forge *forge)
{
	static const uint8_t sha256[32] = { 1, 2, 3 };

	begin_idle(forge);
	add_file(forge, 1, sha256, "../../../../etc/passwd");
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void task_of_itself(struct forge *forge)
{
	begin_idle(forge);
	add_task(forge, ROOT, 0);
	append(forge, EVENT_CLONE, ROOT, 0, 0);
}

static void task_unknown(struct forge *forge)
{
	begin_idle(forge);
	append(forge, EVENT_EXIT, 77, 0, 0);
}

static void task_second_root(struct forge *forge)
{
	begin_idle(forge);
	add_task(forge, 2, 0);
	append(forge, EVENT_CLONE, 2, 0, 0);
}

/* Each is the first task, as none has the number of a first task. */
static void task_zero(struct forge *forge)
{
	begin_idle(forge);
	for (int i = 0; i < 8; i++) {
		add_task(forge, 0, 0);
		append(forge, EVENT_CLONE, ROOT, 0, 0);
	}
}

static void task_bomb(struct forge *forge)
{
	begin_idle(forge);
	for (uint32_t i = 2; i < 20000; i++) {
		add_task(forge, i, 0x100 /* CLONE_VM */);
		append(forge, EVENT_CLONE, ROOT, 0, 0);
	}
}

static void call_after_exit(struct forge *forge)
{
	begin_idle(forge);
	append(forge, EVENT_EXIT, ROOT, 0, 0);
	append(forge, EVENT_SYSCALL_EXIT, ROOT, SYS_read, 4096);
}

static void end_without_begin(struct forge *forge)
{
	begin_idle(forge);
	append(forge, EVENT_SYSCALL_EXIT, ROOT, SYS_read, 4096);
}

static void limits(struct forge *forge)
{
	begin_idle(forge);
	for (uint32_t i = 0; i < 20; i++) {
		struct effect *effect = add(forge, EFFECT_RLIMIT);

		effect->id = i;
		effect->address = i % 2 ? UINT64_MAX : 0;
		effect->extent = 0;
	}
	append(forge, EVENT_NOTE, ROOT, 0, 0);
	append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
}

static void output_huge(struct forge *forge)
{
	begin_idle(forge);
	for (uint32_t i = 0; i < 4; i++) {
		struct effect *effect = add(forge, EFFECT_OUTPUT);

		effect->id = i - 1;
		effect->extent = UINT64_MAX;
	}
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

/* Whatever text is printed must not reach a terminal as it is. */
static void rude_words(struct forge *forge)
{
	static const uint64_t arguments[6] = { DATA + 0x400, DATA + 0x400 };
	uint8_t code[128];
	size_t length = put_call(code, SYS_open, arguments);

	begin(forge, code, length);
	add_bytes(forge, EFFECT_WRITE, DATA + 0x400, RUDE, sizeof(RUDE));
	add_true_file(forge, 1, "/memfd:" RUDE);
	add_map(forge, 0x200000, 0x1000, MAP_PRIVATE)->id = 1;
	for (uint32_t i = TEXT_COMM; i <= TEXT_MOUNT; i++)
		add_bytes(forge, EFFECT_TEXT, 0, RUDE, strlen(RUDE))->id = i;
	add_bytes(forge, EFFECT_FD, 0, RUDE, strlen(RUDE))->id = 5;
	append(forge, EVENT_NOTE, ROOT, 0, 0);
	expect_call(forge, CODE + length, SYS_open, arguments);
	add_bytes(forge, EFFECT_INPUT, DATA + 0x400, RUDE, sizeof(RUDE));
	add_bytes(forge, EFFECT_FD, 0, RUDE, strlen(RUDE))->id = 5;
	append(forge, EVENT_SYSCALL, ROOT, SYS_open, 3);
	/* stop in the file, so that its name is in the backtrace */
	forge->registers[R_RIP] = 0x200000;
	add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
		  sizeof(forge->registers));
	append(forge, EVENT_NOTE, ROOT, 0, 0);
	append(forge, EVENT_SYSCALL, ROOT, SYS_open, 3);
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

	begin_idle(forge);
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
	add_file(forge, 1, sha256, "bomb")->extent = piece * count;
	append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static const struct attack {
	const char *name;
	void (*make)(struct forge *forge);
} attacks[] = {
	{ "session-write", session_write },
	{ "session-write-across", session_write_across },
	{ "session-child-write", session_child_write },
	{ "session-mprotect", session_mprotect },
	{ "session-stores", session_stores },
	{ "session-mremap-onto", session_mremap_onto },
	{ "session-mremap-away", session_mremap_away },
	{ "session-munmap", session_munmap },
	{ "session-munmap-wrapping", session_munmap_wrapping },
	{ "session-madvise", session_madvise },
	{ "session-madvise-across", session_madvise_across },
	{ "session-protect-none", session_protect_none },
	{ "session-remap-pages", session_remap_pages },
	{ "session-map", session_map },
	{ "session-map-huge", session_map_huge },
	{ "session-unmap", session_unmap },
	{ "session-watch", session_watch },
	{ "kernel-watch", kernel_watch },
	{ "tracer-munmap", tracer_munmap },
	{ "step-session", step_session },
	{ "session-protect", session_protect },
	{ "jump-to-session", jump_to_session },
	{ "int-80", int_80 },
	{ "sysenter", sysenter },
	{ "vsyscall", vsyscall },
	{ "x32-call", x32_call },
	{ "compat-mode", compat_mode },
	{ "compat-inject", compat_inject },
	{ "trap-flag", trap_flag },
	{ "segment-bases", segment_bases },
	{ "kernel-segment", kernel_segment },
	{ "null-segment", null_segment },
	{ "kernel-rip", kernel_rip },
	{ "crooked-rip", crooked_rip },
	{ "crooked-base", crooked_base },
	{ "odd-xstate", odd_xstate },
	{ "point-at-session", point_at_session },
	{ "point-before-session", point_before_session },
	{ "point-in-kernel", point_in_kernel },
	{ "point-crooked", point_crooked },
	{ "point-unmapped", point_unmapped },
	{ "point-words", point_words },
	{ "core-file", core_file },
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
	/* these are not for every test: they take time or memory */
	{ "+endless-loop", endless_loop },
	{ "+task-bomb", task_bomb },
	{ "+bomb", bomb },
};

#define ATTACKS (sizeof(attacks) / sizeof(*attacks))

static int make_attack(const char *name, const char *trace, const char *path)
{
	char *arguments[] = { (char *)"evil", (char *)RUDE, NULL };
	struct trace_info info = {
		.arguments = arguments,
		.environment = arguments,
		.directory = (char *)RUDE,
		.kernel = (char *)RUDE,
		.cpu = (char *)RUDE,
		.cpu_choice = (char *)"host",
		.reel_version = (char *)RUDE,
		.page_size = 4096,
	};
	struct forge forge = { .trace = trace, .path = path };
	size_t i;
	int err;

	for (i = 0; i < ATTACKS && strcmp(attacks[i].name, name); i++)
		;
	if (i == ATTACKS)
		return report(-ENOENT, "attack %s", name);
	err = trace_writer_create(trace, &info, &forge.writer);
	if (err)
		return err;
	attacks[i].make(&forge);
	info.complete = 1;
	info.event_count = trace_writer_event_count(forge.writer);
	err = trace_writer_finish(forge.writer, &info);
	trace_writer_destroy(forge.writer);
	effect_list_deinit(&forge.effects);
	return err;
}

/* ---- variations of a recorded trace ---- */

static uint64_t odd_number(void)
{
	static const uint64_t odd[] = {
		0, 1, 7, 8, 4095, 4096, INT32_MAX, UINT32_MAX, SESSION_PAGE,
		SESSION_PAGE + 1, SESSION_PAGE - 1, SESSION_DATA,
		0x7ffffffff000, 0x800000000000, INT64_MAX, UINT64_MAX,
		UINT64_MAX - 4095, (uint64_t)-14, (uint64_t)-516,
		(uint64_t)1 << 62, 0xffffffffff600000, 0x10000,
	};
	uint64_t value = odd[(size_t)rand() % (sizeof(odd) / sizeof(*odd))];

	if (rand() % 4 == 0)
		value += (uint64_t)(rand() % 32) - 16;
	if (rand() % 16 == 0)
		value = (uint64_t)rand() << 33 ^ (uint64_t)rand();
	return value;
}

static void vary_number(uint64_t *number)
{
	switch (rand() % 3) {
	case 0:
		*number = odd_number();
		break;
	case 1:
		*number ^= (uint64_t)1 << rand() % 64;
		break;
	default:
		*number += (uint64_t)(rand() % 9) - 4;
	}
}

static void vary_number32(uint32_t *number)
{
	uint64_t wide = *number;

	vary_number(&wide);
	*number = (uint32_t)wide;
}

static void vary_effect(struct effect *effect)
{
	switch (rand() % 8) {
	case 0:
		vary_number(&effect->address);
		break;
	case 1:
		vary_number(&effect->extent);
		break;
	case 2:
		vary_number(&effect->offset);
		break;
	case 3:
		vary_number32(&effect->id);
		break;
	case 4:
		vary_number32(rand() % 2 ? &effect->flags :
					   &effect->protection);
		break;
	case 5:
		effect->kind = 1 + (enum effect_kind)rand() %
					   (EFFECT_KIND_END - 1);
		break;
	case 6:
		effect->length = effect->length ?
			(size_t)rand() % effect->length : 0;
		break;
	default:
		if (effect->length) {
			uint8_t *bytes = (uint8_t *)(uintptr_t)effect->bytes;

			bytes[(size_t)rand() % effect->length] =
				(uint8_t)rand();
		}
	}
}

static void vary_event(struct event *event)
{
	if (event->effect_count && rand() % 3) {
		vary_effect(&event->effects[(size_t)rand() %
					    event->effect_count]);
		return;
	}
	switch (rand() % 8) {
	case 0:
		event->kind = 1 + (enum event_kind)rand() %
					  (EVENT_KIND_END - 1);
		break;
	case 1:
		vary_number32(&event->task);
		break;
	case 2:
		event->detail = (int32_t)odd_number();
		break;
	case 3:
		vary_number32(&event->signal);
		break;
	case 4:
		event->result = (int64_t)odd_number();
		break;
	case 5:
		event->effect_count = event->effect_count ?
			(size_t)rand() % event->effect_count : 0;
		break;
	default:
		vary_number(&event->registers[rand() % EVENT_REGISTERS]);
	}
}

/* The effects' bytes belong to the reader; variations need their own. */
static void copy_effects(struct event *event, struct effect_list *list)
{
	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *from = &event->effects[i];
		struct effect *to = effect_list_add_bytes(list, from->kind,
							  from->bytes,
							  from->length);
		const void *bytes = to->bytes;

		*to = *from;
		to->bytes = bytes;
	}
	event->effects = list->effects;
}

/* Changes numbers of a record, or leaves out the last records. */
static void vary_calls(uint8_t *bytes, size_t *length, uint64_t *count)
{
	struct call_record *record = (void *)bytes;
	uint64_t *numbers = (uint64_t *)(void *)bytes, left;

	if (rand() % 3) {
		numbers[(size_t)rand() % (*length / 8)] = odd_number();
		return;
	}
	*count = 1 + (uint64_t)rand() % *count;
	for (left = *count; left; left--)
		record = (void *)((uint8_t *)record + record->size);
	*length = (size_t)((uint8_t *)record - bytes);
}

/* The buffered call just read and those after it. */
static int copy_calls(struct trace_reader *reader, struct trace_writer *writer,
		      const struct event *event, uint64_t odds)
{
	uint64_t first, count, call, found;
	AUTO(heap_free) uint8_t *copy = NULL;
	const void *bytes;
	size_t length;
	int err;

	err = trace_reader_next_calls(reader, &bytes, &length, &first, &count);
	if (err)
		return err;
	copy = xmemdup(bytes, length);
	for (call = 0; call < count; call++)
		if ((uint64_t)rand() % odds == 0 &&
		    !call_records_check(copy, length, &found))
			vary_calls(copy, &length, &found);
	/* Wrong ones are for the reader to find. */
	if (!call_records_check(copy, length, &found))
		count = found;
	return trace_writer_append_calls(writer, event->task, event->time_ns,
					 copy, length, count);
}

static int copy_varied(struct trace_reader *reader,
		       struct trace_writer *writer)
{
	uint64_t count = trace_reader_event_count(reader);
	uint64_t odds = 1 + count / (1 + (uint64_t)rand() % 8);
	struct effect_list list = { 0 };
	struct event event;
	int err;

	while ((err = trace_reader_next(reader, &event)) == 0) {
		if (event.is_buffered) {
			err = copy_calls(reader, writer, &event, odds);
			if (err)
				break;
			continue;
		}
		copy_effects(&event, &list);
		if ((uint64_t)rand() % odds == 0) {
			vary_event(&event);
			if (event_fault(&event)) {
				effect_list_clear(&list);
				continue;
			}
		}
		err = trace_writer_append(writer, &event);
		if (err)
			break;
		if (rand() % (int)(odds * 4) == 0) /* twice */
			trace_writer_append(writer, &event);
		effect_list_clear(&list);
	}
	effect_list_deinit(&list);
	return err == TRACE_END ? 0 : err;
}

/* Without the snapshots, which whoever runs this copies. */
static int vary(const char *from, const char *to, unsigned seed)
{
	struct trace_reader *reader;
	struct trace_writer *writer;
	struct trace_info info;
	int err;

	srand(seed);
	err = trace_reader_open(from, &reader);
	if (err)
		return err;
	info = *trace_reader_info(reader);
	err = trace_writer_create(to, &info, &writer);
	if (!err)
		err = copy_varied(reader, writer);
	if (!err) {
		info.event_count = trace_writer_event_count(writer);
		err = trace_writer_finish(writer, &info);
	}
	trace_writer_destroy(writer);
	trace_reader_close(reader);
	return err;
}

int main(int count, char **arguments)
{
	if (count == 2 && !strcmp(arguments[1], "list")) {
		for (size_t i = 0; i < ATTACKS; i++)
			if (*attacks[i].name != '+')
				puts(attacks[i].name);
		return 0;
	}
	if (count == 5 && !strcmp(arguments[1], "make"))
		return make_attack(arguments[2], arguments[3], arguments[4]) ?
			       1 : 0;
	if (count == 5 && !strcmp(arguments[1], "vary"))
		return vary(arguments[2], arguments[3],
			    (unsigned)atoi(arguments[4])) ? 1 : 0;
	fprintf(stderr, "usage: hostile-trace list | make NAME DIR PATH | "
		"vary TRACE DIR SEED\n");
	return 2;
}
