/* SPDX-License-Identifier: MIT */
/*
 * The agent's part for instructions whose result the program's state does not
 * determine: executes them and keeps a record of each, or takes the result out
 * of one.  What it can't answer traps, as it would without the agent.
 */
#include "src/agent_inside.h"

#include <linux/prctl.h>

#include "src/cpuid_hidden.h"
#include "src/instruction.h"
#include "traces/call_record.h"

#define BIT(number) (1u << (number))
#define ARITHMETIC_FLAGS 0x8d5u /* OF SF ZF AF PF CF */
#define CARRY 1u

/* Registers that it reads and writes; 0 written: not for the agent. */
struct used {
	uint32_t read, written;
};

static struct used registers_of(const struct agent_instruction *instruction)
{
	uint32_t destination = BIT(instruction->destination);

	switch (instruction->kind) {
	case INSTRUCTION_RDTSC:
		return (struct used){ 0, BIT(R_RAX) | BIT(R_RDX) };
	case INSTRUCTION_RDTSCP:
		return (struct used){ 0, BIT(R_RAX) | BIT(R_RCX) | BIT(R_RDX) };
	case INSTRUCTION_CPUID:
		return (struct used){ BIT(R_RAX) | BIT(R_RCX),
				      BIT(R_RAX) | BIT(R_RBX) | BIT(R_RCX) |
				      BIT(R_RDX) };
	case INSTRUCTION_RDRAND:
	case INSTRUCTION_RDSEED:
		return (struct used){ 0, destination | BIT(R_EFLAGS) };
	case INSTRUCTION_RDPID:
		return (struct used){ 0, destination };
	case INSTRUCTION_XGETBV:
		return (struct used){ BIT(R_RCX), BIT(R_RAX) | BIT(R_RDX) };
	default:
		return (struct used){ 0, 0 };
	}
}

/* ---- recording ---- */

/* The recorder has it trap otherwise, for all but the agent. */
static int execute_rdtsc(uint64_t *registers)
{
	uint32_t low, high;

	if (agent_syscall(__NR_prctl, PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0, 0))
		return 0;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	agent_syscall(__NR_prctl, PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0, 0);
	registers[R_RAX] = low;
	registers[R_RDX] = high;
	return 1;
}

static int execute_getcpu(uint64_t *value)
{
	unsigned cpu = 0, node = 0;

	if (agent_syscall(__NR_getcpu, (uint64_t)&cpu, (uint64_t)&node, 0, 0,
			  0, 0))
		return 0;
	*value = (uint64_t)node << 12 | cpu;
	return 1;
}

static int execute_random(uint64_t *registers, uint64_t *value)
{
	if (agent_syscall(__NR_getrandom, (uint64_t)value, sizeof(*value), 0,
			  0, 0, 0) != sizeof(*value))
		return 0;
	registers[R_EFLAGS] &= ~(uint64_t)ARITHMETIC_FLAGS;
	registers[R_EFLAGS] |= CARRY;
	return 1;
}

static void ask(uint32_t number, uint32_t subleaf, struct agent_leaf *known)
{
	struct cpuid_leaf leaf;

	__asm__ volatile("cpuid"
			 : "=a"(leaf.eax), "=b"(leaf.ebx), "=c"(leaf.ecx),
			   "=d"(leaf.edx)
			 : "a"(number), "c"(subleaf));
	cpuid_hide(number, subleaf, &leaf);
	*known = (struct agent_leaf){
		number, subleaf, leaf.eax, leaf.ebx, leaf.ecx, leaf.edx,
		(uint32_t)cpuid_is_constant(number),
	};
}

/* In a virtual machine it is dear to ask the processor. */
static int execute_cpuid(uint64_t *registers)
{
	uint32_t number = (uint32_t)registers[R_RAX];
	uint32_t subleaf = cpuid_subleaf(number, (uint32_t)registers[R_RCX]);
	struct agent_leaf *leaf = agent_leaf_of(shared, number, subleaf);

	if (!leaf->is_known || leaf->number != number ||
	    leaf->subleaf != subleaf) {
		if (!shared->is_host)
			return 0;
		ask(number, subleaf, leaf);
	}
	registers[R_RAX] = leaf->eax;
	registers[R_RBX] = leaf->ebx;
	registers[R_RCX] = leaf->ecx;
	registers[R_RDX] = leaf->edx;
	return 1;
}

/* Others than XCR0 may fault. */
static int execute_xgetbv(uint64_t *registers)
{
	uint32_t low, high;

	if (!shared->is_host || (uint32_t)registers[R_RCX])
		return 0;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	registers[R_RAX] = low;
	registers[R_RDX] = high;
	return 1;
}

static int execute(const struct agent_instruction *instruction,
		   uint64_t *registers)
{
	uint64_t value;

	if (shared->trapped >> instruction->kind & 1)
		return 0;
	switch (instruction->kind) {
	case INSTRUCTION_RDTSC:
		return execute_rdtsc(registers);
	case INSTRUCTION_RDTSCP:
		return execute_rdtsc(registers) &&
		       execute_getcpu(&registers[R_RCX]);
	case INSTRUCTION_CPUID:
		return execute_cpuid(registers);
	case INSTRUCTION_XGETBV:
		return execute_xgetbv(registers);
	case INSTRUCTION_RDPID:
		return execute_getcpu(&registers[instruction->destination]);
	default:
		if (!execute_random(registers, &value))
			return 0;
		registers[instruction->destination] =
			instruction->operand_bytes == 8 ? value :
							  (uint32_t)value;
		return 1;
	}
}

/* Values of these registers, in their order. */
static uint64_t *put_values(uint64_t *to, const uint64_t *registers,
			    uint32_t which)
{
	for (; which; which &= which - 1)
		*to++ = registers[__builtin_ctz(which)];
	return to;
}

static int record(const struct agent_instruction *instruction,
		  struct used used, uint64_t *registers)
{
	struct call_record *made = (struct call_record *)(ring +
							  shared->position);
	uint64_t *value = (uint64_t *)(made + 1);

	if (shared->position + TEXT_LIMIT > shared->limit)
		return 0;
	*value++ = used.read | (uint64_t)used.written << 32;
	value = put_values(value, registers, used.read);
	if (!execute(instruction, registers))
		return 0;
	made->result = (int64_t)registers[__builtin_ctz(used.written)];
	value = put_values(value, registers, used.written & (used.written - 1));
	made->size = (uint32_t)((uint8_t *)value - (uint8_t *)made);
	made->number = (uint16_t)(CALL_RECORD_INSTRUCTION + instruction->kind);
	made->arguments = (uint8_t)(value - (uint64_t *)(made + 1));
	made->pieces = 0;
	made->call_end = instruction->address;
	made->stack = shared->saved_stack;
	agent_made(made->size);
	return 1;
}

/* ---- replay ---- */

/* The values that it wrote, behind the first; NULL: it is another one. */
static const uint64_t *
values_recorded(const struct agent_instruction *instruction, struct used used,
		const uint64_t *registers, const struct call_record *found)
{
	const uint64_t *value = (const uint64_t *)(found + 1);

	if (found->number != CALL_RECORD_INSTRUCTION + instruction->kind ||
	    found->call_end != instruction->address ||
	    found->stack != shared->saved_stack ||
	    *value++ != (used.read | (uint64_t)used.written << 32))
		return 0;
	for (; used.read; used.read &= used.read - 1)
		if (registers[__builtin_ctz(used.read)] != *value++)
			return 0;
	return value;
}

static void take(uint32_t written, uint64_t *registers, int64_t first,
		 const uint64_t *value)
{
	uint64_t flags = registers[R_EFLAGS];

	registers[__builtin_ctz(written)] = (uint64_t)first;
	while (written &= written - 1)
		registers[__builtin_ctz(written)] = *value++;
	/* No trace turns on others. */
	registers[R_EFLAGS] = (flags & ~(uint64_t)ARITHMETIC_FLAGS) |
		(registers[R_EFLAGS] & ARITHMETIC_FLAGS);
}

static int replay(const struct agent_instruction *instruction,
		  struct used used, uint64_t *registers)
{
	const struct call_record *found = (const struct call_record *)
		(ring + shared->position);
	const uint64_t *values;

	if (shared->position >= shared->limit)
		return 0;
	values = values_recorded(instruction, used, registers, found);
	if (!values) {
		shared->is_different = 1;
		return 0;
	}
	take(used.written, registers, found->result, values);
	agent_took(found->size);
	return 1;
}

int agent_instruction(uint64_t *registers)
{
	const struct agent_instruction *instruction =
		(const struct agent_instruction *)shared->saved_data;
	uint64_t behind = (uint64_t)(instruction + 1);
	struct used used = registers_of(instruction);

	shared->saved_continuation = behind;
	if (shared->is_traced || !used.written ||
	    instruction->destination > R_RDI)
		return 0;
	if (shared->mode == AGENT_REPLAYS ?
		    !replay(instruction, used, registers) :
		    !record(instruction, used, registers))
		return 0;
	shared->saved_continuation = behind + instruction->length;
	return 1;
}
