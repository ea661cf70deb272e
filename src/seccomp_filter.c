/* SPDX-License-Identifier: MIT */
#include "src/seccomp_filter.h"

#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

const struct sock_filter seccomp_pass[SECCOMP_PASS_LENGTH] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		 offsetof(struct seccomp_data, instruction_pointer) + 4),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SECCOMP_PASS_POINTER >> 32, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	/* As the program's filter finds it when it is the first. */
	BPF_STMT(BPF_LD | BPF_IMM, 0),
};

struct seccomp_filter *seccomp_filter_create(const struct sock_filter *code,
					     size_t length,
					     struct seccomp_filter *older)
{
	struct seccomp_filter *filter =
		xcalloc(1, sizeof(*filter) + length * sizeof(*code));

	filter->older = older;
	filter->users = 1;
	filter->length = length;
	memcpy(filter->code, code, length * sizeof(*code));
	return filter;
}

struct seccomp_filter *seccomp_filter_share(struct seccomp_filter *filter)
{
	if (filter)
		filter->users++;
	return filter;
}

void seccomp_filter_release(struct seccomp_filter *filter)
{
	while (filter && --filter->users == 0) {
		struct seccomp_filter *older = filter->older;

		free(filter);
		filter = older;
	}
}

/* ---- classic BPF ---- */

struct machine {
	const struct sock_filter *code;
	size_t length, at;
	const struct seccomp_data *data;
	uint32_t a, x, scratch[BPF_MEMWORDS];
	uint32_t answer;
	int is_done;
};

static void give(struct machine *machine, uint32_t answer)
{
	machine->answer = answer;
	machine->is_done = 1;
}

static uint32_t data_word(const struct machine *machine, uint32_t offset)
{
	uint32_t word = 0;

	if (offset <= sizeof(*machine->data) - sizeof(word))
		memcpy(&word, (const char *)machine->data + offset,
		       sizeof(word));
	return word;
}

static uint32_t load(const struct machine *machine,
		     const struct sock_filter *instruction)
{
	switch (BPF_MODE(instruction->code)) {
	case BPF_ABS:
		return data_word(machine, instruction->k);
	case BPF_MEM:
		return machine->scratch[instruction->k % BPF_MEMWORDS];
	case BPF_LEN:
		return sizeof(*machine->data);
	}
	return instruction->k; /* BPF_IMM */
}

static void compute(struct machine *machine,
		    const struct sock_filter *instruction)
{
	uint32_t value = BPF_SRC(instruction->code) == BPF_X ?
		machine->x : instruction->k;
	uint32_t *a = &machine->a;

	switch (BPF_OP(instruction->code)) {
	case BPF_ADD:
		*a += value;
		break;
	case BPF_SUB:
		*a -= value;
		break;
	case BPF_MUL:
		*a *= value;
		break;
	case BPF_DIV:
		if (value)
			*a /= value;
		else
			give(machine, 0); /* as the kernel's BPF does */
		break;
	case BPF_OR:
		*a |= value;
		break;
	case BPF_AND:
		*a &= value;
		break;
	case BPF_XOR:
		*a ^= value;
		break;
	case BPF_LSH:
		*a <<= value & 31;
		break;
	case BPF_RSH:
		*a >>= value & 31;
		break;
	case BPF_NEG:
		*a = -*a;
		break;
	}
}

static void jump(struct machine *machine,
		 const struct sock_filter *instruction)
{
	uint32_t value = BPF_SRC(instruction->code) == BPF_X ?
		machine->x : instruction->k;
	int is_true = 0;

	switch (BPF_OP(instruction->code)) {
	case BPF_JA:
		machine->at += instruction->k;
		return;
	case BPF_JEQ:
		is_true = machine->a == value;
		break;
	case BPF_JGT:
		is_true = machine->a > value;
		break;
	case BPF_JGE:
		is_true = machine->a >= value;
		break;
	case BPF_JSET:
		is_true = (machine->a & value) != 0;
		break;
	}
	machine->at += is_true ? instruction->jt : instruction->jf;
}

static void step(struct machine *machine,
		 const struct sock_filter *instruction)
{
	uint32_t slot = instruction->k % BPF_MEMWORDS;

	switch (BPF_CLASS(instruction->code)) {
	case BPF_LD:
		machine->a = load(machine, instruction);
		break;
	case BPF_LDX:
		machine->x = load(machine, instruction);
		break;
	case BPF_ST:
		machine->scratch[slot] = machine->a;
		break;
	case BPF_STX:
		machine->scratch[slot] = machine->x;
		break;
	case BPF_ALU:
		compute(machine, instruction);
		break;
	case BPF_JMP:
		jump(machine, instruction);
		break;
	case BPF_RET:
		give(machine, BPF_RVAL(instruction->code) == BPF_A ?
			      machine->a : instruction->k);
		break;
	case BPF_MISC:
		if (BPF_MISCOP(instruction->code) == BPF_TAX)
			machine->x = machine->a;
		else
			machine->a = machine->x;
		break;
	}
}

static uint32_t run(const struct seccomp_filter *filter,
		    const struct seccomp_data *data)
{
	struct machine machine = {
		.code = filter->code,
		.length = filter->length,
		.data = data,
		.answer = SECCOMP_RET_KILL_PROCESS,
	};

	/* Jumps go forward only, so this ends. */
	while (!machine.is_done && machine.at < machine.length)
		step(&machine, &machine.code[machine.at++]);
	return machine.answer;
}

/* ---- several filters ---- */

/* The kernel compares actions as signed numbers: KILL_PROCESS is the least. */
static int32_t rank(uint32_t verdict)
{
	return (int32_t)(verdict & SECCOMP_RET_ACTION_FULL);
}

const struct seccomp_filter *
seccomp_decisive(const struct seccomp_filter *newest,
		 const struct seccomp_data *data, uint32_t *verdict_out)
{
	const struct seccomp_filter *decisive = NULL;

	*verdict_out = SECCOMP_RET_ALLOW;
	for (; newest; newest = newest->older) {
		uint32_t one = run(newest, data);

		if (decisive && rank(one) >= rank(*verdict_out))
			continue;
		decisive = newest;
		*verdict_out = one;
	}
	return decisive;
}

uint32_t seccomp_verdict(const struct seccomp_filter *newest,
			 const struct seccomp_data *data)
{
	uint32_t verdict;

	seccomp_decisive(newest, data, &verdict);
	return verdict;
}
