/* SPDX-License-Identifier: MIT */
/*
 * A return address has a call instruction before it.  Where that one calls the
 * very function that we are in, the guess is nearly certain; a frame pointer is
 * the next best; any word behind a call, which may be left over from an earlier
 * one, comes last.
 */
#include "src/stack_guess.h"

#include <string.h>
#include <sys/mman.h>

#define WORDS 512u
#define CALL_MAX 7u

/* A function called directly is hardly ever longer. */
#define FUNCTION_LIMIT 0x10000u

struct stack {
	struct memory *memory;
	const struct code_map *maps;
	size_t map_count;
	remote_addr address; /* of words[0] */
	uint64_t words[WORDS];
	size_t count;
};

int stack_guess_is_code(const struct code_map *maps, size_t map_count,
			remote_addr address)
{
	for (size_t i = 0; i < map_count; i++)
		if (address >= maps[i].start && address < maps[i].end)
			return (maps[i].protection & PROT_EXEC) != 0;
	return 0;
}

/* mov $__NR_rt_sigreturn,%rax; syscall: the same in all C libraries and Go. */
int stack_guess_is_signal_return(struct memory *memory, remote_addr address)
{
	static const uint8_t code[] = { 0x48, 0xc7, 0xc0, 0x0f, 0x00,
					0x00, 0x00, 0x0f, 0x05 };
	uint8_t bytes[sizeof(code)];

	return memory_read(memory, address, bytes, sizeof(bytes)) &&
	       !memcmp(bytes, code, sizeof(code));
}

/* FF /2 in its lengths; the bytes end where the instruction does. */
static int is_indirect_call(const uint8_t *end)
{
	return (end[-2] == 0xff && (end[-1] & 0x38) == 0x10) ||
	       (end[-3] == 0xff &&
		((end[-2] & 0xf8) == 0x50 || end[-2] == 0x14)) ||
	       (end[-4] == 0xff && end[-3] == 0x54) ||
	       (end[-6] == 0xff &&
		((end[-5] & 0xf8) == 0x90 || end[-5] == 0x15)) ||
	       (end[-7] == 0xff && end[-6] == 0x94);
}

enum likelihood { NO_RETURN, POSSIBLE_RETURN, LIKELY_RETURN };

/* Is address one that a function, now at ip, returns to? */
static enum likelihood judge(const struct stack *stack, remote_addr address,
			     remote_addr ip)
{
	uint8_t bytes[CALL_MAX];
	int32_t distance;

	if (address < CALL_MAX ||
	    !stack_guess_is_code(stack->maps, stack->map_count, address) ||
	    !memory_read(stack->memory, address - CALL_MAX, bytes,
			 sizeof(bytes)))
		return NO_RETURN;
	if (stack_guess_is_signal_return(stack->memory, address))
		return LIKELY_RETURN;
	if (bytes[CALL_MAX - 5] == 0xe8) {
		memcpy(&distance, bytes + CALL_MAX - 4, sizeof(distance));
		if (ip - (address + (uint64_t)(int64_t)distance) <
		    FUNCTION_LIMIT)
			return LIKELY_RETURN;
		return POSSIBLE_RETURN;
	}
	return is_indirect_call(bytes + CALL_MAX) ? POSSIBLE_RETURN : NO_RETURN;
}

/* The index of the first word of at least this likelihood, or the count. */
static size_t find_word(const struct stack *stack, remote_addr ip,
			enum likelihood least)
{
	for (size_t i = 0; i < stack->count; i++)
		if (judge(stack, stack->words[i], ip) >= least)
			return i;
	return stack->count;
}

/* The index of the return address above the frame pointer, or the count. */
static size_t find_by_frame_pointer(const struct stack *stack,
				    remote_addr pointer, remote_addr ip)
{
	size_t index = (size_t)((pointer - stack->address) / 8) + 1;

	if (pointer < stack->address || pointer % 8 || index >= stack->count ||
	    judge(stack, stack->words[index], ip) == NO_RETURN)
		return stack->count;
	return index;
}

int stack_guess_caller(struct memory *memory, const struct code_map *maps,
		       size_t map_count, struct registers *registers)
{
	uint64_t *value = registers->value;
	struct stack stack = {
		.memory = memory,
		.maps = maps,
		.map_count = map_count,
		.address = value[R_RSP],
	};
	size_t by_pointer, by_call, found;

	stack.count = memory->read(memory, stack.address, stack.words,
				   sizeof(stack.words)) /
		      sizeof(uint64_t);
	by_pointer = find_by_frame_pointer(&stack, value[R_RBP], value[R_RIP]);
	by_call = find_word(&stack, value[R_RIP], LIKELY_RETURN);
	found = by_call <= by_pointer ? by_call : by_pointer;
	if (found == stack.count)
		found = find_word(&stack, value[R_RIP], POSSIBLE_RETURN);
	if (found == stack.count)
		return STACK_GUESS_NONE;
	if (found == by_pointer)
		value[R_RBP] = stack.words[found - 1];
	value[R_RIP] = stack.words[found];
	value[R_RSP] = stack.address + (found + 1) * 8;
	return 0;
}
