/* SPDX-License-Identifier: MIT */
#include "replay/memory_access.h"

#include "src/disassembler.h"

#define INSTRUCTION_ROOM 15u
#define STATE_LENGTH 2696u /* of XSAVE, at most, without AMX */
#define REPEATED_AT_ONCE 64u /* bytes, by a string instruction */

/* ---- operands ---- */

/* Numbers of capstone's; 32-bit ones are of addresses with a prefix. */
static int register_of(x86_reg reg)
{
	static const struct {
		uint16_t wide, narrow;
		int name;
	} names[] = {
		{ X86_REG_RAX, X86_REG_EAX, R_RAX },
		{ X86_REG_RBX, X86_REG_EBX, R_RBX },
		{ X86_REG_RCX, X86_REG_ECX, R_RCX },
		{ X86_REG_RDX, X86_REG_EDX, R_RDX },
		{ X86_REG_RSI, X86_REG_ESI, R_RSI },
		{ X86_REG_RDI, X86_REG_EDI, R_RDI },
		{ X86_REG_RBP, X86_REG_EBP, R_RBP },
		{ X86_REG_RSP, X86_REG_ESP, R_RSP },
		{ X86_REG_R8, X86_REG_R8D, R_R8 },
		{ X86_REG_R9, X86_REG_R9D, R_R9 },
		{ X86_REG_R10, X86_REG_R10D, R_R10 },
		{ X86_REG_R11, X86_REG_R11D, R_R11 },
		{ X86_REG_R12, X86_REG_R12D, R_R12 },
		{ X86_REG_R13, X86_REG_R13D, R_R13 },
		{ X86_REG_R14, X86_REG_R14D, R_R14 },
		{ X86_REG_R15, X86_REG_R15D, R_R15 },
		{ X86_REG_RIP, X86_REG_EIP, R_RIP },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (reg == names[i].wide || reg == names[i].narrow)
			return names[i].name;
	return -1;
}

/* 0 when it is in a vector: a gather. */
static int add_register(x86_reg reg, int scale,
			const struct registers *registers, unsigned behind,
			remote_addr *address)
{
	int name = register_of(reg);

	if (reg == X86_REG_INVALID || reg == X86_REG_RIZ ||
	    reg == X86_REG_EIZ)
		return 1;
	if (name < 0)
		return 0;
	*address += (registers->value[name] + (name == R_RIP ? behind : 0)) *
		    (unsigned)scale;
	return 1;
}

static int address_of(const cs_insn *insn, const x86_op_mem *operand,
		      const struct registers *registers,
		      remote_addr *address_out)
{
	remote_addr address = (uint64_t)operand->disp;

	if (!add_register(operand->base, 1, registers, insn->size, &address) ||
	    !add_register(operand->index, operand->scale, registers, 0,
			  &address))
		return 0;
	if (insn->detail->x86.addr_size == 4)
		address &= UINT32_MAX;
	if (operand->segment == X86_REG_FS)
		address += registers->value[R_FS_BASE];
	if (operand->segment == X86_REG_GS)
		address += registers->value[R_GS_BASE];
	*address_out = address;
	return 1;
}

/* An operand that looks like memory, of an instruction that touches none. */
static int has_no_access(const cs_insn *insn)
{
	switch (insn->id) {
	case X86_INS_LEA:
	case X86_INS_NOP:
	case X86_INS_PREFETCH:
	case X86_INS_PREFETCHNTA:
	case X86_INS_PREFETCHT0:
	case X86_INS_PREFETCHT1:
	case X86_INS_PREFETCHT2:
	case X86_INS_PREFETCHW:
	case X86_INS_CLFLUSH:
	case X86_INS_CLFLUSHOPT:
	case X86_INS_CLWB:
		return 1;
	default:
		return 0;
	}
}

static uint64_t length_of(const cs_insn *insn, const cs_x86_op *operand)
{
	switch (insn->id) {
	case X86_INS_FXSAVE:
	case X86_INS_FXSAVE64:
	case X86_INS_FXRSTOR:
	case X86_INS_FXRSTOR64:
		return 512;
	case X86_INS_XSAVE:
	case X86_INS_XSAVE64:
	case X86_INS_XSAVEC:
	case X86_INS_XSAVEC64:
	case X86_INS_XSAVEOPT:
	case X86_INS_XSAVEOPT64:
	case X86_INS_XRSTOR:
	case X86_INS_XRSTOR64:
		return STATE_LENGTH;
	default:
		return operand->size ? operand->size : 1;
	}
}

/* ---- what no operand says ---- */

static unsigned add(struct memory_access *out, unsigned count,
		    remote_addr address, uint64_t length, int access)
{
	if (count == ACCESSES_MAX)
		return count;
	out[count] = (struct memory_access){
		.address = address, .length = length,
		.is_read = !access || (access & CS_AC_READ),
		.is_written = !access || (access & CS_AC_WRITE),
	};
	return count + 1;
}

static unsigned add_stack(const cs_insn *insn,
			  const struct registers *registers,
			  struct memory_access *out, unsigned count)
{
	remote_addr stack = registers->value[R_RSP];
	unsigned length = insn->detail->x86.prefix[2] == 0x66 ? 2 : 8;

	switch (insn->id) {
	case X86_INS_PUSH:
	case X86_INS_PUSHF:
	case X86_INS_PUSHFQ:
		return add(out, count, stack - length, length, CS_AC_WRITE);
	case X86_INS_CALL:
	case X86_INS_ENTER:
		return add(out, count, stack - 8, 8, CS_AC_WRITE);
	case X86_INS_POP:
	case X86_INS_POPF:
	case X86_INS_POPFQ:
		return add(out, count, stack, length, CS_AC_READ);
	case X86_INS_RET:
		return add(out, count, stack, 8, CS_AC_READ);
	case X86_INS_IRETQ:
		return add(out, count, stack, 40, CS_AC_READ);
	case X86_INS_LEAVE:
		return add(out, count, registers->value[R_RBP], 8,
			   CS_AC_READ);
	case X86_INS_XLATB:
		return add(out, count, registers->value[R_RBX] +
			   (registers->value[R_RAX] & 0xff), 1, CS_AC_READ);
	case X86_INS_MASKMOVQ:
		return add(out, count, registers->value[R_RDI], 8,
			   CS_AC_WRITE);
	case X86_INS_MASKMOVDQU:
	case X86_INS_VMASKMOVDQU:
		return add(out, count, registers->value[R_RDI], 16,
			   CS_AC_WRITE);
	default:
		return count;
	}
}

/*
 * The tables of capstone have no access for some, and a read for many stores
 * (movups, movnti, fstp): memory that comes first is written.
 */
static int access_of(const cs_insn *insn, unsigned index)
{
	const cs_x86 *x86 = &insn->detail->x86;

	switch (insn->id) {
	case X86_INS_CMP:
	case X86_INS_CMPSB:
	case X86_INS_CMPSW:
	case X86_INS_CMPSD:
	case X86_INS_CMPSQ:
	case X86_INS_TEST:
	case X86_INS_BT:
	case X86_INS_PUSH:
	case X86_INS_CALL:
	case X86_INS_JMP:
		return CS_AC_READ;
	case X86_INS_FST:
	case X86_INS_FSTP:
	case X86_INS_FIST:
	case X86_INS_FISTP:
	case X86_INS_FISTTP:
		return CS_AC_WRITE;
	case X86_INS_CMPXCHG:
	case X86_INS_CMPXCHG8B:
	case X86_INS_CMPXCHG16B:
		return CS_AC_READ | CS_AC_WRITE;
	default:
		return !index && x86->op_count > 1 &&
		       x86->operands[index].access == CS_AC_READ ?
			CS_AC_WRITE : x86->operands[index].access;
	}
}

static unsigned accesses_of(const cs_insn *insn,
			    const struct registers *registers,
			    struct memory_access *out)
{
	remote_addr address;
	unsigned count = 0;

	for (unsigned i = 0; i < insn->detail->x86.op_count &&
	     !has_no_access(insn); i++) {
		const cs_x86_op *operand = &insn->detail->x86.operands[i];

		if (operand->type == X86_OP_MEM &&
		    address_of(insn, &operand->mem, registers, &address))
			count = add(out, count, address,
				    length_of(insn, operand),
				    access_of(insn, i));
	}
	return add_stack(insn, registers, out, count);
}

/* The one at rip; cs_free() it.  NULL: there is none. */
static cs_insn *decode(struct memory *memory, uint64_t rip)
{
	uint8_t bytes[INSTRUCTION_ROOM];
	size_t length = memory->read(memory, rip, bytes, sizeof(bytes));
	const uint8_t *at = bytes;
	cs_insn *insn = disassembler_room();

	if (cs_disasm_iter(disassembler(), &at, &length, &rip, insn))
		return insn;
	cs_free(insn, 1);
	return NULL;
}

unsigned memory_accesses(struct memory *memory,
			 const struct registers *registers,
			 struct memory_access accesses_out[ACCESSES_MAX])
{
	cs_insn *insn = decode(memory, registers->value[R_RIP]);
	unsigned count;

	if (!insn)
		return 0;
	count = accesses_of(insn, registers, accesses_out);
	cs_free(insn, 1);
	return count;
}

/* ---- what was done ---- */

/* Bytes that a string instruction takes at a time; 0: it is none. */
static unsigned element_of(const cs_insn *insn)
{
	switch (insn->id) {
	case X86_INS_MOVSB:
	case X86_INS_STOSB:
	case X86_INS_LODSB:
	case X86_INS_SCASB:
	case X86_INS_CMPSB:
		return 1;
	case X86_INS_MOVSW:
	case X86_INS_STOSW:
	case X86_INS_LODSW:
	case X86_INS_SCASW:
	case X86_INS_CMPSW:
		return 2;
	case X86_INS_MOVSD: /* and of vectors, which have no such operands */
	case X86_INS_CMPSD:
	case X86_INS_STOSD:
	case X86_INS_LODSD:
	case X86_INS_SCASD:
		return insn->detail->x86.opcode[0] == 0x0f ? 0 : 4;
	case X86_INS_MOVSQ:
	case X86_INS_STOSQ:
	case X86_INS_LODSQ:
	case X86_INS_SCASQ:
	case X86_INS_CMPSQ:
		return 8;
	default:
		return 0;
	}
}

static int is_repeated(const cs_insn *insn)
{
	uint8_t prefix = insn->detail->x86.prefix[0];

	return element_of(insn) && (prefix == 0xf2 || prefix == 0xf3);
}

/* The registers that it makes its addresses of, as they were before. */
static void undo(const cs_insn *insn, struct registers *registers)
{
	uint64_t *value = registers->value;
	unsigned length = insn->detail->x86.prefix[2] == 0x66 ? 2 : 8;
	uint64_t step = value[R_EFLAGS] & EFLAGS_DIRECTION ?
			-(uint64_t)element_of(insn) : element_of(insn);

	value[R_RSI] -= step;
	value[R_RDI] -= step;
	switch (insn->id) {
	case X86_INS_PUSH:
	case X86_INS_PUSHF:
	case X86_INS_PUSHFQ:
		value[R_RSP] += length;
		break;
	case X86_INS_CALL:
		value[R_RSP] += 8;
		break;
	case X86_INS_POP:
	case X86_INS_POPF:
	case X86_INS_POPFQ:
		value[R_RSP] -= length;
		break;
	case X86_INS_LEAVE:
		value[R_RBP] = value[R_RSP] - 8;
		break;
	default:
		break;
	}
}

/* The processor does some at once. */
static void widen(struct memory_access *access, const cs_insn *insn,
		  const struct registers *registers)
{
	if (!(registers->value[R_EFLAGS] & EFLAGS_DIRECTION))
		access->address -= REPEATED_AT_ONCE - element_of(insn);
	access->length = REPEATED_AT_ONCE;
}

unsigned memory_accesses_behind(struct memory *memory,
				const struct registers *registers,
				remote_addr start, unsigned length,
				struct memory_access *accesses_out)
{
	struct registers before = *registers;
	cs_insn *insn = decode(memory, start);
	unsigned count = 0;

	if (insn && (length ? insn->size == length : is_repeated(insn))) {
		before.value[R_RIP] = start;
		undo(insn, &before);
		count = accesses_of(insn, &before, accesses_out);
		for (unsigned i = 0; i < count && is_repeated(insn); i++)
			widen(&accesses_out[i], insn, registers);
	}
	if (insn)
		cs_free(insn, 1);
	return count;
}

int memory_is_call(struct memory *memory, remote_addr start, unsigned length)
{
	cs_insn *insn = decode(memory, start);
	int is_call = insn && insn->id == X86_INS_CALL && insn->size == length;

	if (insn)
		cs_free(insn, 1);
	return is_call;
}
