/* SPDX-License-Identifier: MIT */
/* Attacks on the session page, the one place that may make calls. */
#include "tests/fuzz/hostile_forge.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "src/session_page.h"
#include "traces/bytes.h"

static void session_write(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_bytes(forge, EFFECT_WRITE, SESSION_PAGE, jump_start,
			(size_t)(jump_end - jump_start));
	forge_inject_evil(forge, ROOT);
}

/* Begins before the page, so that its own address is not in it. */
static void session_write_across(struct forge *forge)
{
	uint8_t bytes[0x1000 + 64] = { 0 };

	forge_begin_idle(forge);
	memcpy(bytes + 0x1000, jump_start, (size_t)(jump_end - jump_start));
	forge_add_private(forge, SESSION_PAGE - 0x1000, 0x1000);
	forge_add_bytes(forge, EFFECT_WRITE, SESSION_PAGE - 0x1000, bytes,
			sizeof(bytes));
	forge_inject_evil(forge, ROOT);
}

static void session_child_write(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_task(forge, 2, 0);
	forge_add_bytes(forge, EFFECT_CHILD_WRITE, SESSION_PAGE, jump_start,
			(size_t)(jump_end - jump_start));
	forge_append(forge, EVENT_CLONE, ROOT, 0, 0);
	forge_inject_evil(forge, 2);
}

/* The program makes the page writable and writes it itself. */
static void session_mprotect(struct forge *forge)
{
	static const uint64_t arguments[6] = { SESSION_PAGE, 0x1000,
					       ALL_RIGHTS };
	static const uint64_t none[6];
	size_t jump = (size_t)(jump_end - jump_start), length, second;
	uint8_t code[256];

	length = second = forge_put_call(code, SYS_mprotect, arguments);
	for (size_t i = 2; i < jump; i++) { /* movb $X, SESSION_PAGE + i */
		memcpy(code + second, "\xc6\x04\x25", 3);
		put32(code + second + 3, (uint32_t)(SESSION_PAGE + i));
		code[second + 7] = jump_start[i];
		second += 8;
	}
	second += forge_put_call(code + second, SYS_getpid, none);
	forge_begin(forge, code, second);
	forge_expect_call(forge, CODE + length, SYS_mprotect, arguments);
	forge_append(forge, EVENT_SYSCALL, ROOT, SYS_mprotect, 0);
	forge_expect_call(forge, CODE + second, SYS_getpid, none);
	forge_add_private(forge, 0x60000, 0x1000);
	forge_append(forge, EVENT_SYSCALL, ROOT, SYS_getpid, 1);
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

	first = forge_put_call(code, SYS_memfd_create, name);
	third = second =
		first + forge_put_call(code + first, SYS_mmap, mapping);
	for (size_t i = 2; i < jump; i++) { /* movb $X, SESSION_PAGE + i */
		memcpy(code + third, "\xc6\x04\x25", 3);
		put32(code + third + 3, (uint32_t)(SESSION_PAGE + i));
		code[third + 7] = jump_start[i];
		third += 8;
	}
	third += forge_put_call(code + third, SYS_getpid, none);
	forge_begin(forge, code, third);
	forge_add_bytes(forge, EFFECT_WRITE, DATA + 0x400, "bad", 4);
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
	forge_expect_call(forge, CODE + first, SYS_memfd_create, name);
	forge_add_bytes(forge, EFFECT_INPUT, DATA + 0x400, "bad", 4);
	forge_append(forge, EVENT_SYSCALL, ROOT, SYS_memfd_create, 3);
	forge->registers[R_RAX] = 3;
	forge_expect_call(forge, CODE + second, SYS_mmap, mapping);
	forge_add_true_file(forge, 1, "/memfd:bad");
	forge_append(forge, EVENT_SYSCALL, ROOT, SYS_mmap,
		     (int64_t)SESSION_PAGE);
	forge_expect_call(forge, CODE + third, SYS_getpid, none);
	forge_add_file(forge, 1, other, "/memfd:bad");
	forge_add_private(forge, 0x60000, 0x1000);
	forge_append(forge, EVENT_SYSCALL, ROOT, SYS_getpid, 1);
}

static void session_mremap_onto(struct forge *forge)
{
	static const uint64_t arguments[6] = { EVIL + 0x1800, 0x1000, 0x1000,
					       MREMAP_MAYMOVE | MREMAP_FIXED,
					       SESSION_PAGE };
	uint8_t code[128];
	size_t length = forge_put_call(code, SYS_mremap, arguments);

	forge_begin(forge, code, length);
	forge_add_bytes(forge, EFFECT_WRITE, EVIL + 0x1800, jump_start,
			(size_t)(jump_end - jump_start));
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
	forge_expect_call(forge, CODE + length, SYS_mremap, arguments);
	forge_append(forge, EVENT_SYSCALL, ROOT, SYS_mremap, SESSION_PAGE);
	forge_inject_evil(forge, ROOT);
}

static void session_mremap_away(struct forge *forge)
{
	forge_make_call(forge, SYS_mremap, 0x100000,
			(uint64_t[6]){ SESSION_PAGE, 0x1000, 0x1000,
				       MREMAP_MAYMOVE });
}

static void session_munmap(struct forge *forge)
{
	forge_make_call(forge, SYS_munmap, 0,
			(uint64_t[6]){ SESSION_PAGE - 0x1000, 0x10000 });
}

static void session_munmap_wrapping(struct forge *forge)
{
	forge_make_call(forge, SYS_munmap, 0,
			(uint64_t[6]){ SESSION_PAGE, UINT64_MAX - 4095 });
}

static void session_madvise(struct forge *forge)
{
	forge_make_call(forge, SYS_madvise, 0,
			(uint64_t[6]){ SESSION_PAGE, 0x1000, MADV_DONTNEED });
}

static void session_madvise_across(struct forge *forge)
{
	forge_make_call(forge, SYS_madvise, -12,
			(uint64_t[6]){ CODE + 0x10000, SESSION_PAGE,
				       MADV_DONTNEED });
}

static void session_protect_none(struct forge *forge)
{
	forge_make_call(forge, SYS_pkey_mprotect, 0,
			(uint64_t[6]){ SESSION_PAGE, 0x2000, PROT_NONE, 0 });
}

static void session_remap_pages(struct forge *forge)
{
	forge_make_call(forge, SYS_remap_file_pages, 0,
			(uint64_t[6]){ SESSION_PAGE, 0x1000, 0, 0, 0 });
}

static void session_map(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_private(forge, SESSION_PAGE, 0x1000);
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

/* A gigantic page would cover it. */
static void session_map_huge(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add_map(forge, 0x40000000, 0x1000,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			      MAP_HUGETLB | 30u << 26);
	forge_inject_evil(forge, ROOT);
}

static void session_unmap(struct forge *forge)
{
	forge_begin_idle(forge);
	forge_add(forge, EFFECT_UNMAP)->extent = 0x7ffffffff000;
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

/* The traps of debug registers, at the instruction that makes calls. */
static void session_watch(struct forge *forge)
{
	struct effect *effect;

	forge_begin_idle(forge);
	effect = forge_add(forge, EFFECT_DEBUG_REGISTER);
	effect->offset = SESSION_PAGE;
	effect = forge_add(forge, EFFECT_DEBUG_REGISTER);
	effect->id = 7;
	effect->offset = 1;
	forge_append(forge, EVENT_TRACER, ROOT, 0, 0);
	forge_inject_evil(forge, ROOT);
}

static void kernel_watch(struct forge *forge)
{
	struct effect *effect;

	forge_begin_idle(forge);
	effect = forge_add(forge, EFFECT_DEBUG_REGISTER);
	effect->id = 7;
	effect->offset = 0xf0001;
	effect = forge_add(forge, EFFECT_DEBUG_REGISTER);
	effect->offset = 0xffffffff81000000;
	forge_append(forge, EVENT_TRACER, ROOT, 0, 0);
	forge_inject_evil(forge, ROOT);
}

/* A tracer makes of a harmless call the one that unmaps the page. */
static void tracer_munmap(struct forge *forge)
{
	static const uint64_t none[6] = { 0 };
	static const uint64_t evil[6] = { SESSION_PAGE, 0x10000 };
	uint8_t code[128];
	size_t length = forge_put_call(code, SYS_getpid, none);

	code[length] = 0xcc;
	forge_begin(forge, code, length + 1);
	forge_expect_call(forge, CODE + length, SYS_getpid, none);
	forge_append(forge, EVENT_SYSCALL_ENTER, ROOT, SYS_getpid, 0);
	forge_expect_call(forge, CODE + length, SYS_munmap, evil);
	forge_add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
			sizeof(forge->registers));
	forge_append(forge, EVENT_TRACER, ROOT, 0, 0);
	forge_append(forge, EVENT_SYSCALL_EXIT, ROOT, SYS_munmap, 0);
	forge_inject_evil(forge, ROOT);
	forge_append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
}

static void session_protect(struct forge *forge)
{
	struct effect *effect;

	forge_begin_idle(forge);
	effect = forge_add(forge, EFFECT_PROTECT);
	effect->address = SESSION_PAGE;
	effect->extent = 0x1000;
	effect->protection = ALL_RIGHTS;
	forge_inject_evil(forge, ROOT);
}

const struct attack session_attacks[] = {
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
	{ "session-protect", session_protect },
	{ NULL, NULL },
};
