/* SPDX-License-Identifier: MIT */
/*
 * Registers as gdb numbers them, and the description that says so (gdb manual,
 * "Target Descriptions"): general ones, x87 and SSE, and AVX and AVX-512 where
 * the processor has them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "replay/gdb_server.h"
#include "replay/inspect.h"
#include "src/extended_state.h"
#include "traces/report.h"

/* Offsets in a trace's XSAVE area. */
#define X87 32u
#define SSE 160u
#define MXCSR 24u
#define COMPONENTS_IN_USE 512u
#define AVX 576u
#define MASKS 1088u
#define ZMM_UPPER 1152u
#define ZMM_16 1664u
#define COMPONENT_AVX 2u
#define COMPONENT_MASKS 5u
#define COMPONENT_ZMM_UPPER 6u
#define COMPONENT_ZMM_16 7u

enum source {
	GENERAL,  /* 8 bytes of struct registers */
	GENERAL4, /* 4 of them */
	EXTENDED, /* of the XSAVE area, of a component */
	CONTROL,  /* x87's, 4 bytes out of 2 there */
	TAGS,	  /* made of the abridged ones */
};

struct row {
	const char *feature;
	const char *name, *type;
	unsigned count; /* numbered from `first` on when over 1 */
	unsigned first;
	unsigned bits;
	enum source source;
	unsigned at, stride; /* register name, or offset */
	unsigned component;
};

#define CORE "core"
#define R(name, number) { CORE, name, "int64", 1, 0, 64, GENERAL, number }
#define R4(name, type, number) \
	{ CORE, name, type, 1, 0, 32, GENERAL4, number }
#define X(name, at) { CORE, name, "int", 1, 0, 32, CONTROL, at }

static const struct row rows[] = {
	R("rax", R_RAX), R("rbx", R_RBX), R("rcx", R_RCX), R("rdx", R_RDX),
	R("rsi", R_RSI), R("rdi", R_RDI),
	{ CORE, "rbp", "data_ptr", 1, 0, 64, GENERAL, R_RBP },
	{ CORE, "rsp", "data_ptr", 1, 0, 64, GENERAL, R_RSP },
	R("r8", R_R8), R("r9", R_R9), R("r10", R_R10), R("r11", R_R11),
	R("r12", R_R12), R("r13", R_R13), R("r14", R_R14), R("r15", R_R15),
	{ CORE, "rip", "code_ptr", 1, 0, 64, GENERAL, R_RIP },
	R4("eflags", "i386_eflags", R_EFLAGS),
	R4("cs", "int32", R_CS), R4("ss", "int32", R_SS),
	R4("ds", "int32", R_DS), R4("es", "int32", R_ES),
	R4("fs", "int32", R_FS), R4("gs", "int32", R_GS),
	{ CORE, "st", "i387_ext", 8, 0, 80, EXTENDED, X87, 16, 0 },
	X("fctrl", 0), X("fstat", 2),
	{ CORE, "ftag", "int", 1, 0, 32, TAGS },
	X("fiseg", 12), X("fioff", 8), X("foseg", 20), X("fooff", 16),
	X("fop", 6),
	{ "sse", "xmm", "vec128", 16, 0, 128, EXTENDED, SSE, 16, 1 },
	{ "sse", "mxcsr", "i386_mxcsr", 1, 0, 32, EXTENDED, MXCSR, 0, 1 },
	{ "linux", "orig_rax", "int", 1, 0, 64, GENERAL, R_ORIG_RAX },
	{ "segments", "fs_base", "int", 1, 0, 64, GENERAL, R_FS_BASE },
	{ "segments", "gs_base", "int", 1, 0, 64, GENERAL, R_GS_BASE },
	{ "avx", "ymm%uh", "uint128", 16, 0, 128, EXTENDED, AVX, 16,
	  COMPONENT_AVX },
	{ "avx512", "xmm", "vec128", 16, 16, 128, EXTENDED, ZMM_16, 64,
	  COMPONENT_ZMM_16 },
	{ "avx512", "ymm%uh", "uint128", 16, 16, 128, EXTENDED, ZMM_16 + 16,
	  64, COMPONENT_ZMM_16 },
	{ "avx512", "k", "uint64", 8, 0, 64, EXTENDED, MASKS, 8,
	  COMPONENT_MASKS },
	{ "avx512", "zmm%uh", "v2ui128", 16, 0, 256, EXTENDED, ZMM_UPPER, 32,
	  COMPONENT_ZMM_UPPER },
	{ "avx512", "zmm%uh", "v2ui128", 16, 16, 256, EXTENDED, ZMM_16 + 32,
	  64, COMPONENT_ZMM_16 },
};

#define ROWS (sizeof(rows) / sizeof(*rows))

static int is_there(const struct row *row)
{
	const struct extended_layout *layout = extended_layout_host();

	return row->component < 2 || layout->at[row->component].size;
}

/* ---- values ---- */

/* A component that is not in use holds what it begins with: zero. */
static int is_in_use(const uint8_t *xstate, unsigned component)
{
	uint64_t bits;

	memcpy(&bits, xstate + COMPONENTS_IN_USE, sizeof(bits));
	return component < 2 || (bits >> component & 1);
}

/* The tag word out of one bit for each register (Intel SDM volume 1, 8.1.7). */
static uint32_t full_tags(const uint8_t *xstate)
{
	unsigned top = xstate[3] >> 3 & 7;
	uint32_t tags = 0;

	for (unsigned i = 0; i < 8; i++) {
		const uint8_t *st = xstate + X87 + ((i - top) & 7) * 16;
		unsigned exponent = (st[8] | st[9] << 8) & 0x7fff;
		static const uint8_t zeros[8];
		uint32_t tag = 3;

		if (xstate[4] >> i & 1)
			tag = exponent == 0x7fff ? 2 :
			      !exponent ? (memcmp(st, zeros, 8) ? 2 : 1) :
			      st[7] & 0x80 ? 0 : 2;
		tags |= tag << (2 * i);
	}
	return tags;
}

static uint32_t control_value(const uint8_t *xstate, unsigned at)
{
	uint32_t value = 0;

	memcpy(&value, xstate + at, at == 8 || at == 16 ? 4 : 2);
	return at == 6 ? value & 0x7ff : value;
}

static void write_value(struct gdb_reply *reply, const struct row *row,
			unsigned i, const struct registers *registers,
			const uint8_t *xstate)
{
	static const uint8_t zeros[32];
	size_t at = row->at + (size_t)i * row->stride, length = row->bits / 8;
	uint32_t value;

	switch (row->source) {
	case GENERAL:
	case GENERAL4:
		gdb_reply_hex(reply, &registers->value[row->at], length);
		break;
	case EXTENDED:
		gdb_reply_hex(reply, is_in_use(xstate, row->component) ?
			      xstate + at : zeros, length);
		break;
	case CONTROL:
	case TAGS:
		value = row->source == TAGS ? full_tags(xstate) :
			control_value(xstate, row->at);
		gdb_reply_hex(reply, &value, sizeof(value));
		break;
	}
}

static int get_state(struct gdb_server *server, struct replay_task *task,
		     uint8_t xstate[EXTENDED_STATE_LENGTH])
{
	memset(xstate, 0, EXTENDED_STATE_LENGTH);
	return replay_get_registers(server->timeline->replayer, task) ||
	       task_get_xstate(&task->task, xstate) < 0;
}

static void write_all_values(struct gdb_reply *reply,
			     const struct registers *registers,
			     const uint8_t *xstate)
{
	for (size_t i = 0; i < ROWS; i++)
		for (unsigned j = 0; is_there(&rows[i]) && j < rows[i].count;
		     j++)
			write_value(reply, &rows[i], j, registers, xstate);
}

void gdb_registers(struct gdb_server *server, struct replay_task *task)
{
	uint8_t xstate[EXTENDED_STATE_LENGTH];
	struct registers registers;

	if (get_state(server, task, xstate)) {
		gdb_error(server, ESRCH);
		return;
	}
	registers = inspect_program_registers(task);
	write_all_values(&server->reply, &registers, xstate);
}

int gdb_registers_digest(struct gdb_server *server, struct replay_task *task,
			 uint64_t *digest_out)
{
	uint8_t xstate[EXTENDED_STATE_LENGTH];
	struct gdb_reply values = { 0 };
	struct registers registers;

	if (get_state(server, task, xstate))
		return -ESRCH;
	/* How it came here is not what it is. */
	registers = task->registers;
	registers.value[R_ORIG_RAX] = 0;
	registers.value[R_EFLAGS] &= ~(uint64_t)EFLAGS_RESUME;
	write_all_values(&values, &registers, xstate);
	*digest_out = XXH3_64bits(values.bytes, values.length);
	gdb_reply_deinit(&values);
	return 0;
}

int gdb_register(struct gdb_server *server, struct replay_task *task,
		 unsigned number)
{
	uint8_t xstate[EXTENDED_STATE_LENGTH];
	struct registers registers;

	if (get_state(server, task, xstate))
		return 0;
	registers = inspect_program_registers(task);
	for (size_t i = 0; i < ROWS; i++) {
		if (!is_there(&rows[i]))
			continue;
		if (number < rows[i].count) {
			write_value(&server->reply, &rows[i], number,
				    &registers, xstate);
			return 1;
		}
		number -= rows[i].count;
	}
	return 0;
}

/* ---- changes ---- */

#define ADDRESS_END 0x7ffffffff000ul
#define FLAGS_CHANGEABLE 0x240dd5ul /* ID, AC, NT, OF, DF, TF and below */
#define MXCSR_CHANGEABLE 0xffffu

/* What a debugger may not set, stays: the kernel would refuse all of them. */
static void set_general(const struct row *row, const uint8_t *bytes,
			struct registers *registers)
{
	uint64_t value = 0, *old = &registers->value[row->at];

	memcpy(&value, bytes, row->bits / 8);
	switch (row->at) {
	case R_EFLAGS:
		*old = (*old & ~FLAGS_CHANGEABLE) | (value & FLAGS_CHANGEABLE);
		break;
	case R_CS: case R_SS: case R_DS: case R_ES: case R_FS: case R_GS:
	case R_ORIG_RAX:
		break;
	case R_FS_BASE:
	case R_GS_BASE:
		if (value < ADDRESS_END)
			*old = value;
		break;
	default:
		*old = value;
		break;
	}
}

static void set_extended(const struct row *row, unsigned i,
			 const uint8_t *bytes, uint8_t *xstate)
{
	uint64_t in_use;
	uint32_t mxcsr;

	memcpy(&in_use, xstate + COMPONENTS_IN_USE, sizeof(in_use));
	in_use |= 1ul << row->component;
	memcpy(xstate + COMPONENTS_IN_USE, &in_use, sizeof(in_use));
	memcpy(xstate + row->at + (size_t)i * row->stride, bytes,
	       row->bits / 8);
	memcpy(&mxcsr, xstate + MXCSR, sizeof(mxcsr));
	mxcsr &= MXCSR_CHANGEABLE;
	memcpy(xstate + MXCSR, &mxcsr, sizeof(mxcsr));
}

static void set_tags(const uint8_t *bytes, uint8_t *xstate)
{
	unsigned tags = bytes[0] | (unsigned)bytes[1] << 8;

	xstate[4] = 0;
	for (unsigned i = 0; i < 8; i++)
		if ((tags >> (2 * i) & 3) != 3)
			xstate[4] |= (uint8_t)(1 << i);
}

static void set_value(const struct row *row, unsigned i, const uint8_t *bytes,
		      struct registers *registers, uint8_t *xstate)
{
	if (row->source == GENERAL || row->source == GENERAL4)
		set_general(row, bytes, registers);
	else if (row->source == EXTENDED)
		set_extended(row, i, bytes, xstate);
	else if (row->source == TAGS)
		set_tags(bytes, xstate);
	else
		memcpy(xstate + row->at, bytes,
		       row->at == 8 || row->at == 16 ? 4 : 2);
}

/* The next one of hex digits; 0 when there are not so many. */
static int read_value(const char **text, const struct row *row, uint8_t *bytes)
{
	size_t length = row->bits / 8;

	if (strnlen(*text, 2 * length) < 2 * length ||
	    gdb_read_hex(*text, bytes, length) != length)
		return 0;
	*text += 2 * length;
	return 1;
}

/* All of them, or the one of this number. */
static int set_values(const char *text, uint64_t wanted,
		      struct registers *registers, uint8_t *xstate)
{
	uint64_t number = 0;
	uint8_t bytes[64];

	for (size_t i = 0; i < ROWS; i++)
		for (unsigned j = 0; is_there(&rows[i]) && j < rows[i].count;
		     j++, number++) {
			if (wanted != UINT64_MAX && wanted != number)
				continue;
			if (!read_value(&text, &rows[i], bytes))
				return -EINVAL;
			set_value(&rows[i], j, bytes, registers, xstate);
			if (wanted == number)
				return *text ? -EINVAL : 0;
		}
	return wanted == UINT64_MAX ? 0 : -EINVAL;
}

int gdb_set_registers(struct gdb_server *server, struct replay_task *task,
		      const char *packet)
{
	uint8_t xstate[EXTENDED_STATE_LENGTH], before[EXTENDED_STATE_LENGTH];
	const char *text = packet + 1;
	uint64_t wanted = UINT64_MAX;
	struct registers registers;
	unsigned missing;
	ssize_t length;
	int err;

	if (packet[0] == 'P' && !gdb_read_until(&text, '=', &wanted))
		return -EINVAL;
	memset(xstate, 0, sizeof(xstate));
	if (replay_get_registers(server->timeline->replayer, task))
		return -ESRCH;
	length = task_get_xstate(&task->task, xstate);
	if (length < 0)
		return -ESRCH;
	memcpy(before, xstate, sizeof(before));
	registers = task->registers;
	err = set_values(text, wanted, &registers, xstate);
	if (!err && memcmp(before, xstate, sizeof(before)))
		err = task_set_xstate(&task->task, xstate, (size_t)length,
				      &missing);
	if (!err)
		task->registers = registers;
	return err ? -EINVAL : 0;
}

int gdb_register_value(struct replay_task *task, unsigned number,
		       uint64_t *value_out)
{
	for (size_t i = 0; i < ROWS; i++) {
		size_t length = rows[i].bits / 8;

		if (!is_there(&rows[i]))
			continue;
		if (number >= rows[i].count) {
			number -= rows[i].count;
			continue;
		}
		if (rows[i].source != GENERAL && rows[i].source != GENERAL4)
			return -EINVAL;
		*value_out = 0;
		memcpy(value_out, &task->registers.value[rows[i].at], length);
		return 0;
	}
	return -EINVAL;
}

/* ---- the description ---- */

static const char core_types[] =
	"<flags id=\"i386_eflags\" size=\"4\">"
	"<field name=\"CF\" start=\"0\" end=\"0\"/>"
	"<field name=\"\" start=\"1\" end=\"1\"/>"
	"<field name=\"PF\" start=\"2\" end=\"2\"/>"
	"<field name=\"AF\" start=\"4\" end=\"4\"/>"
	"<field name=\"ZF\" start=\"6\" end=\"6\"/>"
	"<field name=\"SF\" start=\"7\" end=\"7\"/>"
	"<field name=\"TF\" start=\"8\" end=\"8\"/>"
	"<field name=\"IF\" start=\"9\" end=\"9\"/>"
	"<field name=\"DF\" start=\"10\" end=\"10\"/>"
	"<field name=\"OF\" start=\"11\" end=\"11\"/>"
	"<field name=\"NT\" start=\"14\" end=\"14\"/>"
	"<field name=\"RF\" start=\"16\" end=\"16\"/>"
	"<field name=\"VM\" start=\"17\" end=\"17\"/>"
	"<field name=\"AC\" start=\"18\" end=\"18\"/>"
	"<field name=\"VIF\" start=\"19\" end=\"19\"/>"
	"<field name=\"VIP\" start=\"20\" end=\"20\"/>"
	"<field name=\"ID\" start=\"21\" end=\"21\"/></flags>";

#define VECTORS \
	"<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"		\
	"<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"		\
	"<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"		\
	"<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"		\
	"<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"		\
	"<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"		\
	"<union id=\"vec128\">"						\
	"<field name=\"v4_float\" type=\"v4f\"/>"			\
	"<field name=\"v2_double\" type=\"v2d\"/>"			\
	"<field name=\"v16_int8\" type=\"v16i8\"/>"			\
	"<field name=\"v8_int16\" type=\"v8i16\"/>"			\
	"<field name=\"v4_int32\" type=\"v4i32\"/>"			\
	"<field name=\"v2_int64\" type=\"v2i64\"/>"			\
	"<field name=\"uint128\" type=\"uint128\"/></union>"

static const char sse_types[] = VECTORS
	"<flags id=\"i386_mxcsr\" size=\"4\">"
	"<field name=\"IE\" start=\"0\" end=\"0\"/>"
	"<field name=\"DE\" start=\"1\" end=\"1\"/>"
	"<field name=\"ZE\" start=\"2\" end=\"2\"/>"
	"<field name=\"OE\" start=\"3\" end=\"3\"/>"
	"<field name=\"UE\" start=\"4\" end=\"4\"/>"
	"<field name=\"PE\" start=\"5\" end=\"5\"/>"
	"<field name=\"DAZ\" start=\"6\" end=\"6\"/>"
	"<field name=\"IM\" start=\"7\" end=\"7\"/>"
	"<field name=\"DM\" start=\"8\" end=\"8\"/>"
	"<field name=\"ZM\" start=\"9\" end=\"9\"/>"
	"<field name=\"OM\" start=\"10\" end=\"10\"/>"
	"<field name=\"UM\" start=\"11\" end=\"11\"/>"
	"<field name=\"PM\" start=\"12\" end=\"12\"/>"
	"<field name=\"FZ\" start=\"15\" end=\"15\"/></flags>";

static const char avx512_types[] = VECTORS
	"<vector id=\"v2ui128\" type=\"uint128\" count=\"2\"/>";

static const char *types_of(const char *feature)
{
	if (!strcmp(feature, CORE))
		return core_types;
	if (!strcmp(feature, "sse"))
		return sse_types;
	return !strcmp(feature, "avx512") ? avx512_types : "";
}

static void describe_row(struct gdb_reply *out, const struct row *row)
{
	for (unsigned i = 0; i < row->count; i++) {
		unsigned number = row->first + i;
		const char *percent = strstr(row->name, "%u");

		gdb_reply_text(out, "<reg name=\"");
		if (percent)
			gdb_reply_text(out, "%.*s%u%s",
				       (int)(percent - row->name), row->name,
				       number, percent + 2);
		else if (row->count > 1)
			gdb_reply_text(out, "%s%u", row->name, number);
		else
			gdb_reply_text(out, "%s", row->name);
		gdb_reply_text(out, "\" bitsize=\"%u\" type=\"%s\"%s/>",
			       row->bits, row->type,
			       row->source == CONTROL || row->source == TAGS ?
			       " group=\"float\"" : "");
	}
}

char *gdb_target_description(void)
{
	struct gdb_reply out = { 0 };
	const char *feature = "";

	gdb_reply_text(&out, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM "
		       "\"gdb-target.dtd\"><target><architecture>i386:x86-64"
		       "</architecture><osabi>GNU/Linux</osabi>");
	for (size_t i = 0; i < ROWS; i++) {
		if (!is_there(&rows[i]))
			continue;
		if (strcmp(feature, rows[i].feature)) {
			gdb_reply_text(&out, "%s<feature name=\"org.gnu.gdb."
				       "i386.%s\">%s",
				       *feature ? "</feature>" : "",
				       rows[i].feature,
				       types_of(rows[i].feature));
			feature = rows[i].feature;
		}
		describe_row(&out, &rows[i]);
	}
	gdb_reply_text(&out, "</feature></target>");
	return out.bytes;
}
