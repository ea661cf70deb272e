/* SPDX-License-Identifier: MIT */
/* Code that tries to make calls, registers that can't be, and points. */
#include "tests/fuzz/hostile_forge.h"

#include <string.h>
#include <sys/syscall.h>

#include "src/session_page.h"

/* Step by step through the replayer's own instruction. */
static void step_session(struct forge *forge)
{
	static const uint64_t arguments[6] = { DATA, 0x241, 0x1a4 };

	forge_begin_idle(forge);
	forge_expect_call(forge, SESSION_PAGE, SYS_open, arguments);
	forge_add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
			sizeof(forge->registers));
	forge_append(forge, EVENT_TRACER, ROOT, 0, 0);
	forge->registers[R_RIP] = SESSION_PAGE + 2;
	for (int i = 0; i < 4; i++)
		forge_append(forge, EVENT_SIGNAL, ROOT, SIGNAL_AFTER_STEP,
			     SIGNAL_TRACED);
	forge_inject_evil(forge, ROOT);
}

static void run_code(struct forge *forge, const char *code, size_t length)
{
	forge_begin(forge, code, length);
	forge_append(forge, EVENT_SYSCALL, ROOT, SYS_open, 0);
}

/* Through the replayer's own instruction. */
static void jump_to_session(struct forge *forge)
{
	static const uint64_t none[6] = { DATA, 0x241, 0x1a4 };
	uint8_t code[128];
	size_t length = forge_put_call(code, SYS_open, none) - 2;

	memcpy(code + length, "\xbb\0\0\0\x70\xff\xe3", 7); /* jmp *%rbx */
	forge_begin(forge, code, length + 7);
	forge_expect_call(forge, SESSION_PAGE + 2, SYS_open, none);
	forge->registers[R_RBX] = SESSION_PAGE;
	forge_append(forge, EVENT_SYSCALL, ROOT, SYS_open, 3);
	forge_inject_evil(forge, ROOT);
	forge_append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
}

static void int_80(struct forge *forge)
{
	static const char code[] = "\xb8\x05\0\0\0" /* open in 32 bits */
				   "\xbb\0\0\x03\0" /* DATA */
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
	run_code(forge,
		 "\xbf\0\0\x03\0\x31\xf6"
		 "\x48\xc7\xc0\0\0\x60\xff\xff\xd0\xcc",
		 17);
}

static void x32_call(struct forge *forge)
{
	run_code(forge,
		 "\xb8\x02\0\0\x40\xbf\0\0\x03\0\xbe\x41\x02\0\0"
		 "\xba\xa4\x01\0\0\x0f\x05\xcc",
		 23);
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
	forge_begin_idle(forge);
	forge->registers[R_CS] = 0x23;
	forge->registers[R_RBX] = DATA;
	forge_add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
			sizeof(forge->registers));
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
	forge_append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
	forge_inject_evil(forge, ROOT);
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void trap_flag(struct forge *forge)
{
	forge_begin_idle(forge);
	forge->registers[R_EFLAGS] = 0x347fd7;
	forge_add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
			sizeof(forge->registers));
	forge_inject_evil(forge, ROOT);
	forge_append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
	forge_append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
}

static void segment_bases(struct forge *forge)
{
	run_code(forge,
		 "\x48\xc7\xc0\xff\xff\xff\xff\xf3\x48\x0f\xae\xd0"
		 "\xf3\x48\x0f\xae\xd8\x0f\x05\xcc",
		 20);
}

static void odd_register(struct forge *forge, int which, uint64_t value)
{
	forge_begin_idle(forge);
	forge->registers[which] = value;
	forge_add_bytes(forge, EFFECT_REGISTERS, 0, forge->registers,
			sizeof(forge->registers));
	forge_inject_evil(forge, ROOT);
	forge_append(forge, EVENT_INSTRUCTION, ROOT, 0, 0);
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

	forge_begin_idle(forge);
	memset(bytes, 0xff, sizeof(bytes));
	forge_add_bytes(forge, EFFECT_XSTATE, 0, bytes, sizeof(bytes));
	forge_append(forge, EVENT_NOTE, ROOT, 0, 0);
}

static void endless_loop(struct forge *forge)
{
	run_code(forge, "\xeb\xfe", 2);
}

/* Its death must not leave a core file where the person is. */
static void core_file(struct forge *forge)
{
	int_80(forge);
}

/* ---- points ---- */

/* A loop whose first instruction, of five bytes, a jump can replace. */
static void begin_loop(struct forge *forge)
{
	forge_begin(forge, "\x0f\x1f\x44\0\0\xff\xc0\x75\xf7\xcc", 10);
}

static void point_at(struct forge *forge, uint64_t rip)
{
	begin_loop(forge);
	forge->registers[R_RIP] = rip;
	forge_append(forge, EVENT_POINT, ROOT, 0, 0);
	forge_inject_evil(forge, ROOT);
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
		forge_add_bytes(forge, EFFECT_INPUT,
				i % 2 ? 0xffffffff81000000 + i * 8 :
					0x8000000000000000,
				"evilevil", 8);
	forge_append(forge, EVENT_POINT, ROOT, -1, 0);
	forge_inject_evil(forge, ROOT);
}

const struct attack code_attacks[] = {
	{ "step-session", step_session },
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
	{ "+endless-loop", endless_loop },
	{ NULL, NULL },
};
