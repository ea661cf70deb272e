/* SPDX-License-Identifier: MIT */
/*
 * Code that the program drops (madvise(2)), or leaves behind when it moves its
 * mapping (mremap(2)): the next access has it from the file again, without
 * the traps and jumps that reel put there.  Traps are put back; a jump is made
 * anew when its call has stopped some times.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "src/record_agent.h"
#include "src/record_spaces.h"
#include "src/record_vdso.h"
#include "src/recorder.h"

#define PAGE 4096ul
#define PAGE_UP(value) (((value) + PAGE - 1) & ~(PAGE - 1))

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

/* Only what the file has there: anonymous memory is zero now. */
static void trap_again(struct record_task *task, remote_addr addr,
		       const struct patched_site *site)
{
	size_t length = site->instruction.length;
	uint8_t bytes[16], trap[16] = { 0 };

	if (address_space_read(space_of(task), addr, bytes, length) ||
	    memcmp(bytes, site->original, length))
		return;
	instruction_make_trap(bytes, length, trap);
	if (address_space_write(space_of(task), addr, trap, length))
		return;
	effect_list_add_bytes(&task->effects, EFFECT_WRITE, trap, length)
		->address = addr;
}

static int drops_pages(uint64_t advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_GUARD_INSTALL:
	case MADV_GUARD_REMOVE:
		return 1;
	}
	return 0;
}

void record_discard_exit(const struct recorder *recorder,
			 struct record_task *task)
{
	const struct space_data *data = space_data_of(task);
	remote_addr start = task->call.arguments[0];
	remote_addr end = start + PAGE_UP(task->call.arguments[1]);

	/* It may have come to an error after some of the range. */
	if (task->call.number != SYS_madvise ||
	    !drops_pages(record_advice(task)) || end <= start)
		return;
	record_sites_discarded(task, start, end);
	for (size_t i = 0; i < data->site_count; i++)
		if (data->sites[i].addr >= start && data->sites[i].addr < end)
			trap_again(task, data->sites[i].addr, &data->sites[i]);
	record_vdso_discarded(recorder, task, start, end);
}

void record_discard_left(struct record_task *task, remote_addr start,
			 remote_addr end, uint64_t distance)
{
	const struct space_data *data = space_data_of(task);
	size_t count = data->site_count;

	/* Those that moved are known by where they are now. */
	for (size_t i = 0; i < count; i++) {
		struct patched_site site = data->sites[i];

		site.addr -= distance;
		if (site.addr >= start && site.addr < end)
			record_patch_site(task, &task->effects, site.addr,
					  &site.instruction);
	}
}
