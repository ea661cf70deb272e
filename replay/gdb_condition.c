/* SPDX-License-Identifier: MIT */
#include "replay/gdb_condition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/gdb_packet.h"
#include "traces/report.h"

#define STACK_MAX 256
#define STEPS_MAX 100000u

/* Numbers of gdb's gdbsupport/ax.def; what is not here is refused. */
enum operation {
	OP_ADD = 0x02, OP_SUB, OP_MUL, OP_DIV_SIGNED, OP_DIV_UNSIGNED,
	OP_REM_SIGNED, OP_REM_UNSIGNED, OP_LSH, OP_RSH_SIGNED, OP_RSH_UNSIGNED,
	OP_LOG_NOT = 0x0e, OP_BIT_AND, OP_BIT_OR, OP_BIT_XOR, OP_BIT_NOT,
	OP_EQUAL, OP_LESS_SIGNED, OP_LESS_UNSIGNED, OP_EXT,
	OP_REF8, OP_REF16, OP_REF32, OP_REF64,
	OP_IF_GOTO = 0x20, OP_GOTO, OP_CONST8, OP_CONST16, OP_CONST32,
	OP_CONST64, OP_REG, OP_END, OP_DUP, OP_POP, OP_ZERO_EXT, OP_SWAP,
	OP_PICK = 0x32, OP_ROT,
};

struct machine {
	const uint8_t *code;
	size_t length, at;
	const struct gdb_scene *scene;
	int64_t stack[STACK_MAX];
	size_t depth;
	int err;
};

static void push(struct machine *machine, uint64_t value)
{
	if (machine->depth == STACK_MAX)
		machine->err = -EINVAL;
	else
		machine->stack[machine->depth++] = (int64_t)value;
}

static uint64_t pop(struct machine *machine)
{
	if (!machine->depth) {
		machine->err = -EINVAL;
		return 0;
	}
	return (uint64_t)machine->stack[--machine->depth];
}

/* What follows in the code, big-endian. */
static uint64_t operand(struct machine *machine, size_t length)
{
	uint64_t value = 0;

	if (length > machine->length - machine->at) {
		machine->err = -EINVAL;
		return 0;
	}
	while (length-- > 0)
		value = value << 8 | machine->code[machine->at++];
	return value;
}

/* A shift over all bits leaves none; C doesn't say so. */
static uint64_t shift_right(int64_t value, uint64_t count, int is_signed)
{
	if (count > 63)
		return is_signed && value < 0 ? UINT64_MAX : 0;
	return is_signed ? (uint64_t)(value >> count) :
			   (uint64_t)value >> count;
}

static uint64_t divide(struct machine *machine, enum operation operation,
		       uint64_t a, uint64_t b)
{
	int is_signed = operation == OP_DIV_SIGNED ||
			operation == OP_REM_SIGNED;

	if (!b) {
		machine->err = -EDOM;
		return 0;
	}
	if (is_signed && b == UINT64_MAX) /* INT64_MIN / -1 would trap */
		return operation == OP_DIV_SIGNED ? -a : 0;
	switch (operation) {
	case OP_DIV_SIGNED:
		return (uint64_t)((int64_t)a / (int64_t)b);
	case OP_REM_SIGNED:
		return (uint64_t)((int64_t)a % (int64_t)b);
	case OP_DIV_UNSIGNED:
		return a / b;
	default:
		return a % b;
	}
}

static uint64_t combine(struct machine *machine, enum operation operation,
			uint64_t a, uint64_t b)
{
	switch (operation) {
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_MUL:
		return a * b;
	case OP_LSH:
		return b > 63 ? 0 : a << b;
	case OP_RSH_SIGNED:
	case OP_RSH_UNSIGNED:
		return shift_right((int64_t)a, b, operation == OP_RSH_SIGNED);
	case OP_BIT_AND:
		return a & b;
	case OP_BIT_OR:
		return a | b;
	case OP_BIT_XOR:
		return a ^ b;
	case OP_EQUAL:
		return a == b;
	case OP_LESS_SIGNED:
		return (int64_t)a < (int64_t)b;
	case OP_LESS_UNSIGNED:
		return a < b;
	default:
		return divide(machine, operation, a, b);
	}
}

static void refer(struct machine *machine, size_t length)
{
	uint64_t value = 0;

	if (!memory_read(machine->scene->memory, pop(machine), &value, length))
		machine->err = -EFAULT;
	push(machine, value);
}

static void extend(struct machine *machine, int is_signed)
{
	uint64_t bits = operand(machine, 1), value = pop(machine);

	if (bits && bits < 64) {
		value <<= 64 - bits;
		value = shift_right((int64_t)value, 64 - bits, is_signed);
	}
	push(machine, value);
}

static void jump(struct machine *machine, int is_taken)
{
	uint64_t target = operand(machine, 2);

	if (!is_taken)
		return;
	machine->at = target;
	if (target >= machine->length)
		machine->err = -EINVAL;
}

static void get_register(struct machine *machine)
{
	unsigned number = (unsigned)operand(machine, 2);
	uint64_t value = 0;

	if (machine->scene->get_register(machine->scene->context, number,
					 &value))
		machine->err = -EINVAL;
	push(machine, value);
}

static void turn_stack(struct machine *machine, enum operation operation)
{
	uint64_t a, b, c;

	switch (operation) {
	case OP_DUP:
		a = pop(machine);
		push(machine, a);
		push(machine, a);
		break;
	case OP_SWAP:
		b = pop(machine);
		a = pop(machine);
		push(machine, b);
		push(machine, a);
		break;
	case OP_ROT: /* the top goes below the two under it */
		c = pop(machine);
		b = pop(machine);
		a = pop(machine);
		push(machine, c);
		push(machine, a);
		push(machine, b);
		break;
	case OP_PICK:
		a = operand(machine, 1);
		if (a >= machine->depth)
			machine->err = -EINVAL;
		else
			push(machine, (uint64_t)
			     machine->stack[machine->depth - 1 - a]);
		break;
	default:
		pop(machine);
		break;
	}
}

static void constant(struct machine *machine, enum operation operation)
{
	push(machine, operand(machine, (size_t)1 << (operation - OP_CONST8)));
}

static void do_one(struct machine *machine, enum operation operation)
{
	uint64_t b;

	if (operation >= OP_REF8 && operation <= OP_REF64) {
		refer(machine, (size_t)1 << (operation - OP_REF8));
	} else if (operation >= OP_CONST8 && operation <= OP_CONST64) {
		constant(machine, operation);
	} else if (operation == OP_EXT || operation == OP_ZERO_EXT) {
		extend(machine, operation == OP_EXT);
	} else if (operation == OP_LOG_NOT) {
		push(machine, !pop(machine));
	} else if (operation == OP_BIT_NOT) {
		push(machine, ~pop(machine));
	} else if (operation == OP_GOTO) {
		jump(machine, 1);
	} else if (operation == OP_IF_GOTO) {
		jump(machine, pop(machine) != 0);
	} else if (operation == OP_REG) {
		get_register(machine);
	} else if (operation == OP_DUP || operation == OP_POP ||
		   operation == OP_SWAP || operation == OP_PICK ||
		   operation == OP_ROT) {
		turn_stack(machine, operation);
	} else if ((operation >= OP_ADD && operation <= OP_RSH_UNSIGNED) ||
		   (operation >= OP_BIT_AND && operation <= OP_BIT_XOR) ||
		   (operation >= OP_EQUAL && operation <= OP_LESS_UNSIGNED)) {
		b = pop(machine);
		push(machine, combine(machine, operation, pop(machine), b));
	} else {
		machine->err = -ENOSYS;
	}
}

int gdb_code_evaluate(const uint8_t *code, size_t length,
		      const struct gdb_scene *scene, int64_t *value_out)
{
	struct machine machine = {
		.code = code,
		.length = length,
		.scene = scene,
	};

	for (unsigned i = 0; i < STEPS_MAX && !machine.err; i++) {
		enum operation operation;

		if (machine.at >= length)
			return -EINVAL;
		operation = (enum operation)code[machine.at++];
		if (operation == OP_END) {
			*value_out = (int64_t)pop(&machine);
			return machine.err;
		}
		do_one(&machine, operation);
	}
	return machine.err ? machine.err : -ELOOP;
}

/* ---- conditions ---- */

void gdb_condition_deinit(struct gdb_condition *condition)
{
	free(condition->bytes);
	memset(condition, 0, sizeof(*condition));
}

int gdb_condition_read(const char *text, struct gdb_condition *condition_out)
{
	struct gdb_reply bytes = { 0 };
	uint8_t *code = xmalloc(GDB_CODE_MAX);
	int err = *text ? 0 : -EINVAL;
	uint64_t length;

	while (!err && *text) {
		uint32_t short_length;

		if (*text++ != 'X' || !gdb_read_until(&text, ',', &length) ||
		    !length || length > GDB_CODE_MAX ||
		    gdb_read_hex(text, code, length) != length) {
			err = -EINVAL;
			break;
		}
		text += 2 * length;
		short_length = (uint32_t)length;
		gdb_reply_bytes(&bytes, &short_length, sizeof(short_length));
		gdb_reply_bytes(&bytes, code, length);
	}
	free(code);
	condition_out->bytes = (uint8_t *)bytes.bytes;
	condition_out->length = bytes.length;
	if (err)
		gdb_condition_deinit(condition_out);
	return err;
}

int gdb_condition_is_met(const struct gdb_condition *condition,
			 const struct gdb_scene *scene)
{
	const uint8_t *at = condition->bytes;
	const uint8_t *end = at + condition->length;

	while (at < end) {
		uint32_t length;
		int64_t value;

		memcpy(&length, at, sizeof(length));
		at += sizeof(length);
		if (gdb_code_evaluate(at, length, scene, &value) || value)
			return 1;
		at += length;
	}
	return 0;
}
