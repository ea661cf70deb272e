/* SPDX-License-Identifier: MIT */
/*
 * The agent: calls that change the address space, where the recorder need not
 * know at once.  It knows mappings that have files, are shared or hold code; so
 * these calls are made without a stop for memory that has none of that, and
 * what is not known to have none is the recorder's.
 */
#include "src/agent_conditions.h"

#define PROT_READ_WRITE 3u
#define MAP_PRIVATE 0x02u
#define MAP_TYPE 0x0fu
#define MAP_ANONYMOUS 0x20u
#define MAP_NORESERVE 0x4000u
#define MAP_STACK 0x20000u
#define MAP_FLAGS (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK)
#define LENGTH_LIMIT (1ull << 46)

#define MADV_DONTNEED 4u
#define MADV_FREE 8u
/* These, and normal, random, sequential, willneed; (no) huge pages, (no) dump,
   cold, pageout, which change nothing that a program sees. */
#define ADVICE_KNOWN 0x33c11fu

static const char heap_name[] = "[heap]";

static uint64_t page_up(uint64_t value)
{
	return (value + PAGE - 1) & ~(PAGE - 1ull);
}

/* What the call mapped. */
static void add_mapping(struct recording *recording, uint64_t start,
			struct call_mapping mapping, const char *name,
			uint64_t name_length)
{
	uint64_t length = sizeof(mapping) + name_length;
	struct call_piece *piece = agent_begin_piece(recording, 0, start,
						     length);
	struct call_mapping *at = (struct call_mapping *)(piece + 1);

	if (!piece)
		__builtin_trap();
	*at = mapping;
	copy_words(at + 1, name, name_length);
	agent_end_piece(recording, piece, PIECE_MAP, length);
}

/* Neighbours become one: calls on both at once are usual. */
static void add_plain(uint64_t start, uint64_t end)
{
	struct agent_range *range;
	uint64_t i;

	agent_forget_plain(own->plain, &own->plain_count, start, end);
	for (i = 0; i < own->plain_count;) {
		range = &own->plain[i];
		if (range->end != start && range->start != end) {
			i++;
			continue;
		}
		start = range->start < start ? range->start : start;
		end = range->end > end ? range->end : end;
		*range = own->plain[--own->plain_count];
	}
	if (own->plain_count < AGENT_RANGES)
		own->plain[own->plain_count++] =
			(struct agent_range){ start, end };
}

static int is_plain(uint64_t start, uint64_t end)
{
	for (uint64_t i = 0; i < own->plain_count && i < AGENT_RANGES; i++)
		if (own->plain[i].start <= start && end <= own->plain[i].end)
			return 1;
	return 0;
}

int agent_map(struct recording *recording)
{
	const struct agent_frame *frame = recording->frame;
	uint64_t length = frame->rsi, flags = frame->r10;
	int64_t result;

	if ((flags & ~MAP_FLAGS) || (flags & MAP_TYPE) != MAP_PRIVATE ||
	    !(flags & MAP_ANONYMOUS) || (frame->rdx & ~PROT_READ_WRITE) ||
	    !length || length > LENGTH_LIMIT || !agent_prepare(recording))
		return 0;
	shared->is_made = 1;
	result = make(frame);
	if (!is_error(result)) {
		length = page_up(length);
		add_mapping(recording, (uint64_t)result,
			    (struct call_mapping){ length,
						   (uint32_t)frame->rdx,
						   (uint32_t)flags }, "", 0);
		add_plain((uint64_t)result, (uint64_t)result + length);
	}
	return agent_done(recording, result);
}

/* Lazily freed pages would be zero or not, at any moment. */
static int64_t make_determined(struct agent_frame *frame)
{
	uint64_t advice = frame->rdx;
	int64_t result;

	if (frame->rax == __NR_madvise && advice == MADV_FREE)
		frame->rdx = MADV_DONTNEED;
	result = make(frame);
	frame->rdx = advice;
	return result;
}

static int is_known_change(const struct agent_frame *frame)
{
	switch (frame->rax) {
	case __NR_munmap:
		return 1;
	case __NR_mprotect:
		return !(frame->rdx & ~PROT_READ_WRITE);
	default:
		return frame->rdx < 32 && (ADVICE_KNOWN >> frame->rdx & 1);
	}
}

int agent_plain_range(struct recording *recording)
{
	const struct agent_frame *frame = recording->frame;
	uint64_t start = frame->rdi, length = page_up(frame->rsi);
	int64_t result;

	if (start % PAGE || !length || length > LENGTH_LIMIT ||
	    !is_plain(start, start + length) || !is_known_change(frame) ||
	    !agent_prepare(recording))
		return 0;
	shared->is_made = 1;
	result = make_determined(recording->frame);
	if (frame->rax == __NR_munmap && !result)
		agent_forget_plain(own->plain, &own->plain_count, start,
				   start + length);
	return agent_done(recording, result);
}

/* A break that goes back may give up what the recorder knows of. */
int agent_break(struct recording *recording)
{
	uint64_t wanted = recording->frame->rdi, before, now;

	before = own->break_end;
	if (!before || (wanted && wanted < before) ||
	    !agent_prepare(recording))
		return 0;
	shared->is_made = 1;
	now = (uint64_t)make(recording->frame);
	if (page_up(now) > page_up(before))
		add_mapping(recording, page_up(before),
			    (struct call_mapping){
				    page_up(now) - page_up(before),
				    PROT_READ_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS },
			    heap_name, sizeof(heap_name) - 1);
	own->break_end = now;
	return agent_done(recording, (int64_t)now);
}
