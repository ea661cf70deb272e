/* SPDX-License-Identifier: MIT */
/*
 * Buffers of calls that may wait while others, who can see the same memory,
 * run.  The kernel would fill them at any moment; so it fills scratch memory
 * of ours, and the bytes appear in the program's buffer at the call's event,
 * when nobody runs.
 *
 * Only arguments that point straight at an output are redirected, not the
 * pieces of vectors and messages (docs/limits.md).  A scratch buffer has the
 * alignment within its page that the program's has: O_DIRECT asks for it.
 */
#include "src/recorder.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "src/session_page.h"
#include "src/syscall_rows.h"

#define PAGE 4096ul
#define PAGES_PER_SLOT (SCRATCH_SLOT / PAGE)

static const enum register_name argument_registers[SYSCALL_ARGUMENTS] = {
	R_RDI, R_RSI, R_RDX, R_R10, R_R8, R_R9,
};

/* ---- slots ---- */

static int take_slot(struct record_task *task)
{
	struct space_data *data = space_data_of(task);

	for (int slot = 0; slot < SCRATCH_SLOTS; slot++)
		if (!(data->scratch_used & 1u << slot)) {
			data->scratch_used |= 1u << slot;
			return slot;
		}
	return -1;
}

void record_scratch_release(struct record_task *task)
{
	if (task->scratch_count && task->task.space)
		space_data_of(task)->scratch_used &=
			~(1u << task->scratch_slot);
	task->scratch_count = 0;
}

/* ---- reading as the kernel left it ---- */

static const struct scratch_range *range_of(const struct record_task *task,
					    remote_addr addr)
{
	for (unsigned i = 0; i < task->scratch_count; i++)
		if (addr >= task->scratch[i].real &&
		    addr - task->scratch[i].real < task->scratch[i].length)
			return &task->scratch[i];
	return NULL;
}

static size_t read_redirected(struct memory *memory, remote_addr addr,
			      void *bytes, size_t length)
{
	struct record_task *task = ((struct scratch_memory *)memory)->task;
	const struct scratch_range *range = range_of(task, addr);

	if (range && length <= range->length - (addr - range->real))
		addr = range->scratch + (addr - range->real);
	return space_of(task)->memory.read(&space_of(task)->memory, addr,
					   bytes, length);
}

struct scratch_memory record_call_memory(struct record_task *task)
{
	struct scratch_memory memory = { { read_redirected }, task };

	return memory;
}

int record_scratch_is_redirected(const struct record_task *task,
				 remote_addr addr)
{
	return range_of(task, addr) != NULL;
}

remote_addr record_scratch_address(const struct record_task *task,
				   remote_addr addr)
{
	const struct scratch_range *range = range_of(task, addr);

	return range ? range->scratch + (addr - range->real) : addr;
}

/* ---- redirecting ---- */

static int is_redirectable(const struct record_task *task, unsigned argument)
{
	const struct syscall_row *row = task->call.row;
	enum value_type type = row_argument_type(row, argument);
	enum memory_direction direction =
		row_argument_direction(row, argument);

	if (direction != DIRECTION_OUT && direction != DIRECTION_INOUT)
		return 0;
	return task->call.room[argument] && task->call.arguments[argument] &&
	       type != TYPE_iovec && type != TYPE_msghdr &&
	       type != TYPE_mmsghdr &&
	       type != TYPE_futex_word; /* its address is what it is */
}

/*
 * The kernel would answer EFAULT for a buffer that the program may not write;
 * process_vm_writev(2) respects that.  What is written is what was there.
 */
static int is_writable(const struct record_task *task, remote_addr addr,
		       uint64_t length)
{
	struct iovec local[PAGES_PER_SLOT + 1], remote[PAGES_PER_SLOT + 1];
	uint8_t bytes[PAGES_PER_SLOT + 1];
	unsigned count = 0;

	for (remote_addr at = addr;
	     at < addr + length && count < PAGES_PER_SLOT;
	     at = (at | (PAGE - 1)) + 1)
		remote[count++] = (struct iovec){ (void *)at, 1 };
	for (unsigned i = 0; i < count; i++)
		local[i] = (struct iovec){ &bytes[i], 1 };
	return process_vm_readv(task->task.tid, local, count, remote, count,
				0) == (ssize_t)count &&
	       process_vm_writev(task->task.tid, local, count, remote, count,
				 0) == (ssize_t)count;
}

static int copy_into(struct record_task *task, remote_addr to,
		     remote_addr from, uint64_t length)
{
	uint8_t bytes[SCRATCH_SLOT];

	return address_space_read(space_of(task), from, bytes, length) ||
	       address_space_write(space_of(task), to, bytes, length);
}

static int add_range(struct record_task *task, unsigned argument,
		     uint64_t *used)
{
	remote_addr real = task->call.arguments[argument];
	uint64_t offset = real % PAGE, length = task->call.room[argument];
	struct scratch_range *range = &task->scratch[task->scratch_count];

	if (length > SCRATCH_SLOT - PAGE ||
	    *used + offset + length > SCRATCH_SLOT ||
	    !is_writable(task, real, length))
		return -ENOSPC;
	range->real = real;
	range->length = length;
	range->scratch = SCRATCH_START +
			 (uint64_t)task->scratch_slot * SCRATCH_SLOT + *used +
			 offset;
	range->argument = argument;
	*used += (offset + length + PAGE - 1) & ~(PAGE - 1);
	if (copy_into(task, range->scratch, real, length))
		return -EFAULT;
	task->scratch_count++;
	return 0;
}

static int others_see_memory(const struct recorder *recorder,
			     const struct record_task *task)
{
	return recorder->live_tasks > 1 &&
	       (task->task.space->users > 1 ||
		space_data_of(task)->maps_shared);
}

void record_scratch_apply(struct record_task *task)
{
	struct registers registers;

	if (!task->scratch_count ||
	    task_get_registers(&task->task, &registers))
		return;
	for (unsigned i = 0; i < task->scratch_count; i++)
		registers.value[argument_registers[task->scratch[i].argument]] =
			task->scratch[i].scratch;
	task_set_registers(&task->task, &registers);
}

void record_scratch_undo(struct record_task *task, struct registers *now)
{
	if (!task->scratch_count)
		return;
	for (unsigned i = 0; i < task->scratch_count; i++)
		now->value[argument_registers[task->scratch[i].argument]] =
			task->scratch[i].real;
	task_set_registers(&task->task, now);
}

void record_scratch_entry(struct recorder *recorder, struct record_task *task)
{
	uint64_t used = 0;
	int err = 0;

	task->scratch_count = 0;
	if (task->has_restore || !task->call.row ||
	    syscall_blocking_of(&task->call) != BLOCKING_MAYBE ||
	    !space_data_of(task)->has_scratch ||
	    !others_see_memory(recorder, task))
		return;
	for (unsigned i = 0; i < SYSCALL_ARGUMENTS && !err; i++) {
		if (!is_redirectable(task, i))
			continue;
		if (!task->scratch_count) {
			task->scratch_slot = take_slot(task);
			if (task->scratch_slot < 0)
				return;
		}
		err = add_range(task, i, &used);
		if (err && !task->scratch_count)
			space_data_of(task)->scratch_used &=
				~(1u << task->scratch_slot);
	}
	if (err) {
		record_scratch_release(task);
		return;
	}
	if (!task->scratch_count)
		return;
	task->restore = task->entry;
	task->has_restore = 1;
	record_scratch_apply(task);
}
