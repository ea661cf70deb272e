/* SPDX-License-Identifier: MIT */
/*
 * Names of mappings that no file has: [stack], [heap], [vdso] ...  The kernel
 * gives them to what it maps itself; for replayed processes the replayer does
 * that, so they are taken from the trace.  The newest one that overlaps a
 * mapping is its name, for a stack grows and mappings are cut.
 */
#include "replay/replayer.h"

#include <stdlib.h>
#include <string.h>

#include "src/agent_layout.h"
#include "traces/report.h"

#define VSYSCALL_PAGE 0xffffffffff600000u /* the kernel's, in each process */

struct named_range {
	uint64_t start, end;
	char *name; /* "": it has none any more */
};

static void free_names(void *data)
{
	struct replay_space *list = data;

	for (size_t i = 0; i < list->count; i++)
		free(list->ranges[i].name);
	free(list->ranges);
	free(list->detours);
	free(list->replaced);
	free(list);
}

struct replay_space *replay_space_of(struct address_space *space)
{
	if (!space->owner_data) {
		space->owner_data = xcalloc(1, sizeof(struct replay_space));
		space->owner_free = free_names;
	}
	return space->owner_data;
}

static void append(struct replay_space *list, uint64_t start, uint64_t end,
		   char *name)
{
	if (list->count == list->room) {
		list->room = list->room * 2 + 8;
		list->ranges = xrealloc(list->ranges, list->room *
					sizeof(*list->ranges));
	}
	list->ranges[list->count++] = (struct named_range){ start, end, name };
}

static const struct named_range *find(const struct replay_space *list,
				      uint64_t start, uint64_t end)
{
	for (size_t i = list ? list->count : 0; i-- > 0;)
		if (list->ranges[i].start < end && start < list->ranges[i].end)
			return &list->ranges[i];
	return NULL;
}

/* A heap that grows is one range. */
static int extend_last(struct replay_space *list, const struct effect *effect,
		       uint64_t end)
{
	struct named_range *last;

	if (!list->count)
		return 0;
	last = &list->ranges[list->count - 1];
	if (last->end != effect->address ||
	    strlen(last->name) != effect->length ||
	    memcmp(last->name, effect->bytes, effect->length))
		return 0;
	last->end = end;
	return 1;
}

void replay_name_mapping(struct address_space *space,
			 const struct effect *effect)
{
	struct replay_space *list = space->owner_data;
	uint64_t end = effect->address + effect->extent;
	size_t length = effect->id ? 0 : effect->length;

	if (!length && !find(list, effect->address, end))
		return;
	list = replay_space_of(space);
	if (length && extend_last(list, effect, end))
		return;
	append(list, effect->address, end,
	       xasprintf("%.*s", (int)length, (const char *)effect->bytes));
}

void replay_copy_names(struct address_space *space,
		       const struct address_space *from)
{
	const struct replay_space *old = from->owner_data;

	for (size_t i = 0; old && i < old->count; i++)
		append(replay_space_of(space), old->ranges[i].start,
		       old->ranges[i].end, xstrdup(old->ranges[i].name));
}

const char *replay_name_of(const struct address_space *space, uint64_t start,
			   uint64_t end)
{
	const struct named_range *range = find(space->owner_data, start, end);

	if (replay_is_reserved(start, end - start) ||
	    (start >= AGENT_START && end <= AGENT_END))
		return AGENT_MAPPING_NAME;
	if (start == VSYSCALL_PAGE)
		return "[vsyscall]";
	return range ? range->name : "";
}
