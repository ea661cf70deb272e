/* SPDX-License-Identifier: MIT */
#include "replay/replaced_code.h"

#include <string.h>

#include "src/agent_layout.h"
#include "src/call_patch.h"
#include "src/instruction.h"
#include "traces/report.h"

#define JUMP 0xe9
#define HOP 0xeb
#define HOP_LENGTH 2u
#define INT3 0xcc
#define INSTRUCTION_MAX 16u

struct replaced_code {
	remote_addr at;
	remote_addr to; /* of a jump or hop; 0: it is a trap */
	unsigned length;
	uint8_t now[INSTRUCTION_MAX], before[INSTRUCTION_MAX];
};

/* A breakpoint may stand there meanwhile. */
static int is_same(const struct replaced_code *one, const uint8_t *bytes)
{
	return (bytes[0] == one->now[0] || bytes[0] == INT3) &&
	       !memcmp(bytes + 1, one->now + 1, one->length - 1);
}

static int is_in_place(struct address_space *space,
		       const struct replaced_code *one)
{
	uint8_t bytes[INSTRUCTION_MAX];

	return !address_space_read(space, one->at, bytes, one->length) &&
	       is_same(one, bytes);
}

/* The one that begins there. */
static const struct replaced_code *find(struct address_space *space,
					remote_addr at)
{
	const struct replay_space *list = space->owner_data;

	for (size_t i = list ? list->replaced_count : 0; i-- > 0;)
		if (list->replaced[i].at == at &&
		    is_in_place(space, &list->replaced[i]))
			return &list->replaced[i];
	return NULL;
}

/* ---- noting ---- */

/* Where it leads, when it is a jump to code of ours. */
static remote_addr jump_target(struct address_space *space, remote_addr at,
			       const uint8_t *bytes, size_t length)
{
	remote_addr to = 0;
	int32_t distance;

	if (length == CODE_JUMP_LENGTH && bytes[0] == JUMP) {
		memcpy(&distance, bytes + 1, sizeof(distance));
		to = at + length + (uint64_t)(int64_t)distance;
		if (strcmp(replay_name_of(space, to, to + 1),
			   AGENT_MAPPING_NAME))
			to = 0;
	} else if (length == HOP_LENGTH && bytes[0] == HOP) {
		to = at + length + (uint64_t)(int64_t)(int8_t)bytes[1];
		if (!find(space, to))
			to = 0;
	}
	return to;
}

static int is_trap(const uint8_t *bytes, size_t length)
{
	uint8_t original[INSTRUCTION_MAX];

	return length >= 2 && length <= INSTRUCTION_MAX &&
	       instruction_of_trap(bytes, length, original).length == length;
}

void replaced_code_note(struct replay_task *task, const struct effect *effect)
{
	struct address_space *space = task->task.space;
	struct replaced_code one = {
		.at = effect->address, .length = (unsigned)effect->length,
	};
	struct replay_space *list;

	if (effect->length > INSTRUCTION_MAX)
		return;
	one.to = jump_target(space, one.at, effect->bytes, effect->length);
	if ((!one.to && !is_trap(effect->bytes, effect->length)) ||
	    find(space, one.at) ||
	    address_space_read(space, one.at, one.before, one.length))
		return;
	replaced_code_hide(space, one.at, one.before, one.length);
	memcpy(one.now, effect->bytes, one.length);
	list = replay_space_of(space);
	list->replaced = xrealloc(list->replaced, (list->replaced_count + 1) *
				  sizeof(*list->replaced));
	list->replaced[list->replaced_count++] = one;
}

void replaced_code_copy(struct address_space *space,
			const struct address_space *from)
{
	const struct replay_space *old = from->owner_data;
	struct replay_space *copy;

	if (!old || !old->replaced_count)
		return;
	copy = replay_space_of(space);
	copy->replaced = xmemdup(old->replaced, old->replaced_count *
				 sizeof(*old->replaced));
	copy->replaced_count = old->replaced_count;
}

/* ---- looking ---- */

static void hide(struct address_space *space, const struct replaced_code *one,
		 remote_addr address, uint8_t *bytes, size_t length)
{
	if (!is_in_place(space, one))
		return;
	for (unsigned i = 0; i < one->length; i++)
		if (one->at + i - address < length)
			bytes[one->at + i - address] = one->before[i];
}

void replaced_code_hide(struct address_space *space, remote_addr address,
			void *bytes, size_t length)
{
	const struct replay_space *list = space->owner_data;

	for (size_t i = list ? list->replaced_count : 0; i-- > 0;) {
		const struct replaced_code *one = &list->replaced[i];

		if (one->at < address + length &&
		    address < one->at + one->length)
			hide(space, one, address, bytes, length);
	}
}

/* ---- going there and back ---- */

/* The call's place in the trampoline of the jump before it. */
static remote_addr call_behind(struct replay_task *task,
			       const struct replaced_code *jump,
			       remote_addr address)
{
	struct memory *memory = &task->task.space->memory;

	for (unsigned i = 1; i <= INSTRUCTION_MAX; i++)
		if (call_patch_call_at(memory, jump->to + i) == address)
			return jump->to + i;
	return 0;
}

remote_addr replaced_code_other(struct replay_task *task, remote_addr address)
{
	const struct replay_space *list = task->task.space->owner_data;
	remote_addr to = replay_detour_target(task, address);

	for (size_t i = list ? list->replaced_count : 0; i-- > 0 && !to;) {
		const struct replaced_code *one = &list->replaced[i];

		if (one->to && one->length == CODE_JUMP_LENGTH &&
		    one->at < address && address - one->at <= INSTRUCTION_MAX &&
		    is_in_place(task->task.space, one))
			to = call_behind(task, one, address);
	}
	return to;
}

int replaced_code_is_inside(struct replay_task *task, remote_addr address)
{
	const struct replay_space *list = task->task.space->owner_data;

	for (size_t i = list ? list->replaced_count : 0; i-- > 0;) {
		const struct replaced_code *one = &list->replaced[i];

		if (one->to && one->at < address &&
		    address < one->at + one->length &&
		    is_in_place(task->task.space, one))
			return 1;
	}
	return 0;
}

/* The jump, or hop, that leads there. */
static const struct replaced_code *jump_to(struct replay_task *task,
					   remote_addr to)
{
	const struct replay_space *list = task->task.space->owner_data;

	for (size_t i = list ? list->replaced_count : 0; i-- > 0 && to;)
		if (list->replaced[i].to == to &&
		    is_in_place(task->task.space, &list->replaced[i]))
			return &list->replaced[i];
	return NULL;
}

remote_addr replaced_code_origin(struct replay_task *task, remote_addr rip)
{
	remote_addr call = call_patch_call_at(&task->task.space->memory, rip);
	const struct replaced_code *from = jump_to(task, rip);

	return call ? call : from ? from->at : 0;
}

int replaced_code_is_way(struct replay_task *task, remote_addr rip)
{
	if (jump_to(task, rip))
		return 1; /* who comes there has done nothing yet */
	if (replay_detour_origin(task, rip))
		return 0;
	return !call_patch_call_at(&task->task.space->memory, rip);
}

int replaced_code_is_room(struct replay_task *task, remote_addr rip)
{
	return jump_to(task, rip) != NULL;
}
