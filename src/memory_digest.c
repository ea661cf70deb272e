/* SPDX-License-Identifier: MIT */
/*
 * Walks the pages that a program can have changed: private anonymous pages and
 * private copies of file pages, found by /proc/PID/pagemap (bits 61 to 63:
 * Documentation/admin-guide/mm/pagemap.rst), and shared mappings whole, when
 * they are small enough for that.
 */
#include "src/memory_digest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include <xxhash.h>

#include "src/agent_layout.h"
#include "src/process_file.h"
#include "src/process_maps.h"
#include "src/session_page.h"
#include "traces/report.h"

#define PAGE 4096ul
#define RUN_PAGES 64		   /* pages read at once */
#define WINDOW_PAGES 8192	   /* pagemap entries read at once */
/* Larger mappings are left out: sparse ones take too long to look through. */
#define SHARED_LIMIT (16ul << 20)
#define SHARED_SOME_LIMIT (1ul << 30) /* where only some pages are wanted */
#define PRIVATE_LIMIT (16ul << 30)

#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_SWAPPED (1ull << 62)
#define PAGEMAP_FILE (1ull << 61)

#define STRETCH (64ul << 20) /* a multiple of it is where one begins */
#define STRETCH_PAGES 1024   /* of each are in a partial digest */
#define PARTIAL_PAGES 65536  /* of all */
#define NEXT_STRETCH 2	     /* nothing more of this one is wanted */

struct page_walk {
	const struct task *task;
	int pagemap_fd;
	/* NEXT_STRETCH, or a value that ends the walk, or 0 */
	int (*visit)(void *context, remote_addr addr, const uint8_t *page);
	void *context;
	int with_file_pages; /* also those that are still the file's */
	size_t map_limit;    /* pages of a mapping; 0: all */
	size_t map_left;     /* of that */
	remote_addr skip_before; /* what lies below is not looked at */
	uint8_t bytes[RUN_PAGES * PAGE];
	uint64_t flags[WINDOW_PAGES];
};

static int page_counts(const struct page_walk *walk,
		       const struct process_map *map, uint64_t flags)
{
	if (map->is_shared && walk->map_limit)
		return (flags & PAGEMAP_PRESENT) != 0;
	if (map->is_shared || (walk->with_file_pages && map->inode &&
			       map->end - map->start <= SHARED_LIMIT))
		return 1;
	if (flags & PAGEMAP_SWAPPED)
		return 1;
	return (flags & PAGEMAP_PRESENT) && !(flags & PAGEMAP_FILE);
}

/*
 * The kernel copies twice what it reads for others from a file, page by page.
 * Where this has an objection (another user's process), that may have none.
 */
static size_t read_pages(struct page_walk *walk, remote_addr addr,
			 size_t length)
{
	struct memory *memory = &walk->task->space->memory;
	struct iovec here = { walk->bytes, length };
	struct iovec there = { (void *)addr, length };
	ssize_t got = process_vm_readv(walk->task->tid, &here, 1, &there, 1,
				       0);

	return got == (ssize_t)length ? length :
		memory->read(memory, addr, walk->bytes, length);
}

/* Visits these pages: 0, NEXT_STRETCH with the page that said so, or an end. */
static int visit_piece(struct page_walk *walk, remote_addr *addr, size_t pages)
{
	size_t got = read_pages(walk, *addr, pages * PAGE);
	int err = 0;

	for (size_t i = 0; i < got / PAGE && !err; i++) {
		err = walk->visit(walk->context, *addr + i * PAGE,
				  walk->bytes + i * PAGE);
		if (err == NEXT_STRETCH)
			*addr += i * PAGE;
	}
	return err;
}

/* Visits the pages from addr on, which all count. */
static int visit_run(struct page_walk *walk, remote_addr addr, size_t pages)
{
	remote_addr end = addr + pages * PAGE;

	while (addr < end) {
		size_t left = (end - addr) / PAGE;
		size_t piece = left < RUN_PAGES ? left : RUN_PAGES;
		int err = visit_piece(walk, &addr, piece);

		if (err == NEXT_STRETCH)
			addr = walk->skip_before = (addr | (STRETCH - 1)) + 1;
		else if (err)
			return err;
		else
			addr += piece * PAGE;
	}
	return 0;
}

/* Visits those of the pages from addr on whose pagemap flags say so. */
static int walk_window(struct page_walk *walk, const struct process_map *map,
		       remote_addr addr, size_t pages)
{
	for (size_t first = 0, last; first < pages; first = last + 1) {
		int err;

		if (addr + first * PAGE < walk->skip_before) {
			last = (walk->skip_before - addr) / PAGE - 1;
			continue;
		}
		for (last = first; last < pages; last++)
			if (!page_counts(walk, map, walk->flags[last]) ||
			    last - first == walk->map_left)
				break;
		err = last > first ? visit_run(walk, addr + first * PAGE,
					       last - first) : 0;
		if (err)
			return err;
		if (walk->map_limit)
			walk->map_left -= last - first;
	}
	return 0;
}

static int walk_map(struct page_walk *walk, const struct process_map *map)
{
	walk->map_left = walk->map_limit ? walk->map_limit : SIZE_MAX;
	for (remote_addr addr = map->start;
	     addr < map->end && walk->map_left;) {
		size_t pages = (map->end - addr) / PAGE;
		ssize_t got;
		int err;

		if (pages > WINDOW_PAGES)
			pages = WINDOW_PAGES;
		got = pread(walk->pagemap_fd, walk->flags, pages * 8,
			    (off_t)(addr / PAGE * 8));
		for (size_t i = got < 0 ? 0 : (size_t)got / 8; i < pages; i++)
			walk->flags[i] = PAGEMAP_PRESENT;
		err = walk_window(walk, map, addr, pages);
		if (err)
			return err;
		addr += pages * PAGE;
		if (addr < walk->skip_before)
			addr = walk->skip_before;
	}
	return 0;
}

/*
 * Whether the map goes on where the one before it ends.  What madvise(2) was
 * told splits mappings, and is not repeated by replay; names come and go, too.
 */
static int is_continued(const struct process_map *before,
			const struct process_map *map)
{
	return before->end == map->start && map->start != SESSION_PAGE &&
	       map->start != SESSION_PAGE + SESSION_RESERVED &&
	       map->start != AGENT_END &&
	       before->protection == map->protection &&
	       before->is_shared == map->is_shared &&
	       before->device == map->device && before->inode == map->inode &&
	       (!map->inode || before->offset + (before->end - before->start) ==
		map->offset);
}

static int read_maps(pid_t tid, struct process_maps *maps)
{
	int err = process_maps_read(tid, maps);
	size_t kept = 0;

	if (err || !maps->count)
		return err;
	for (size_t i = 1; i < maps->count; i++)
		if (is_continued(&maps->maps[kept], &maps->maps[i]))
			maps->maps[kept].end = maps->maps[i].end;
		else
			maps->maps[++kept] = maps->maps[i];
	maps->count = kept + 1;
	return 0;
}

/* What is shared has holes that looking would fill, but not what is present. */
static int map_counts(const struct page_walk *walk,
		      const struct process_map *map)
{
	size_t shared_limit = walk->map_limit ? SHARED_SOME_LIMIT :
						SHARED_LIMIT;
	int both = PROT_READ | PROT_WRITE;

	if ((map->protection & both) != both)
		return 0;
	if (map->start >= SESSION_PAGE &&
	    map->end <= AGENT_END)
		return 0;
	return map->end - map->start <=
	       (map->is_shared ? shared_limit : PRIVATE_LIMIT);
}

static int walk_maps(const struct task *task, const struct process_maps *maps,
		     int with_file_pages, size_t map_limit,
		     int (*visit)(void *context, remote_addr addr,
				  const uint8_t *page),
		     void *context)
{
	struct page_walk *walk = xmalloc(sizeof(*walk));
	char path[64];
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", task->tid);
	walk->task = task;
	walk->with_file_pages = with_file_pages;
	walk->map_limit = map_limit;
	walk->skip_before = 0;
	walk->visit = visit;
	walk->context = context;
	walk->pagemap_fd = process_open(path, O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; !err && i < maps->count; i++)
		if (map_counts(walk, &maps->maps[i]))
			err = walk_map(walk, &maps->maps[i]);
	fd_close(&walk->pagemap_fd);
	free(walk);
	return err;
}

static int walk_pages(const struct task *task, int with_file_pages,
		      size_t map_limit,
		      int (*visit)(void *context, remote_addr addr,
				   const uint8_t *page),
		      void *context)
{
	struct process_maps maps;
	int err = read_maps(task->tid, &maps);

	if (!err)
		err = walk_maps(task, &maps, with_file_pages, map_limit, visit,
				context);
	process_maps_deinit(&maps);
	return err;
}

static int is_zero(const uint8_t *page)
{
	return !page[0] && !memcmp(page, page + 1, PAGE - 1);
}

#define RED_ZONE 128
#define STACK_MAX (16ul << 20) /* a larger mapping is not only a stack */
#define DEAD_ROOM 32768u /* of a stack that is among other things */

struct digest_state {
	XXH3_state_t *hash;
	uint64_t pages, limit;
	int is_partial;
	remote_addr stretch; /* the current one, and its pages */
	unsigned stretch_pages;
	struct dead_stack {
		remote_addr start, end;
	} dead[MEMORY_DIGEST_STACKS];
	size_t dead_count;
};

/* Also counts the page, if it is not. */
static int is_enough(struct digest_state *state, remote_addr addr)
{
	remote_addr stretch = addr & ~(STRETCH - 1);

	if (stretch != state->stretch)
		state->stretch_pages = 0;
	state->stretch = stretch;
	return state->stretch_pages++ >= STRETCH_PAGES;
}

static int digest_page(void *context, remote_addr addr, const uint8_t *page)
{
	struct digest_state *state = context;
	uint8_t live[PAGE];

	for (size_t i = 0; i < state->dead_count; i++) {
		const struct dead_stack *stack = &state->dead[i];
		size_t dead = stack->end - addr;

		if (addr < stack->start || addr >= stack->end)
			continue;
		if (dead >= PAGE)
			return 0;
		if (page != live)
			memcpy(live, page, PAGE);
		memset(live, 0, dead);
		page = live;
	}
	if (is_zero(page))
		return 0;
	if (state->limit && state->pages == state->limit)
		return 1;
	if (state->is_partial && is_enough(state, addr))
		return NEXT_STRETCH;
	XXH3_64bits_update(state->hash, &addr, sizeof(addr));
	XXH3_64bits_update(state->hash, page, PAGE);
	state->pages++;
	return 0;
}

/*
 * A thread's has a guard below it; the first one is above everything.  (It has
 * no name on replay.)
 */
static int is_stack(const struct process_maps *maps,
		    const struct process_map *map)
{
	const struct process_map *last = maps->maps + maps->count - 1;
	const struct process_map *guard = map - 1;

	while (last > map && !(last->protection & PROT_WRITE))
		last--;
	return map->end - map->start <= STACK_MAX &&
	       (last == map ||
		(map > maps->maps && guard->end == map->start &&
		 guard->protection == PROT_NONE && !guard->is_shared));
}

/* Where nothing says that it is a stack, other things may lie below. */
static void add_dead_stack(const struct process_maps *maps,
			   remote_addr stack_pointer,
			   struct digest_state *state)
{
	const struct process_map *map = process_maps_find(maps, stack_pointer);
	struct dead_stack *dead = &state->dead[state->dead_count];

	if (!map || stack_pointer - map->start <= RED_ZONE)
		return;
	dead->start = map->start;
	dead->end = stack_pointer - RED_ZONE;
	if (!is_stack(maps, map) && dead->end - dead->start > DEAD_ROOM)
		dead->start = dead->end - DEAD_ROOM;
	/* Pages are whole in what is compared with it. */
	dead->start &= ~(PAGE - 1);
	state->dead_count++;
}

static int digest(const struct task *task, struct digest_state *state,
		  const remote_addr *stack_pointers, size_t count,
		  struct memory_digest *digest_out)
{
	struct process_maps maps;
	int err = read_maps(task->tid, &maps);

	if (err)
		return err;
	for (size_t i = 0; i < count && i < MEMORY_DIGEST_STACKS; i++)
		add_dead_stack(&maps, stack_pointers[i], state);
	state->hash = XXH3_createState();
	XXH3_64bits_reset(state->hash);
	err = walk_maps(task, &maps, 0, 0, digest_page, state);
	process_maps_deinit(&maps);
	digest_out->hash = XXH3_64bits_digest(state->hash);
	digest_out->pages = state->pages;
	XXH3_freeState(state->hash);
	return err;
}

int memory_digest(const struct task *task, uint64_t limit_pages,
		  const remote_addr *stack_pointers, size_t count,
		  struct memory_digest *digest_out)
{
	struct digest_state state = { .limit = limit_pages };

	return digest(task, &state, stack_pointers, count, digest_out);
}

int memory_digest_partial(const struct task *task,
			  const remote_addr *stack_pointers, size_t count,
			  struct memory_digest *digest_out)
{
	struct digest_state state = {
		.limit = PARTIAL_PAGES, .is_partial = 1,
	};
	int err = digest(task, &state, stack_pointers, count, digest_out);

	return err < 0 ? err : 0;
}

struct copied_page {
	remote_addr addr;
	uint8_t bytes[PAGE];
};

struct memory_copy {
	struct copied_page **pages; /* ascending by address */
	size_t count, room;
	size_t limit; /* 0: none */
};

static int copy_page(void *context, remote_addr addr, const uint8_t *page)
{
	struct memory_copy *copy = context;
	struct copied_page *copied;

	if (copy->limit && copy->count == copy->limit)
		return 1;
	if (copy->count == copy->room) {
		copy->room = copy->room ? copy->room * 2 : 256;
		copy->pages = xrealloc(copy->pages,
				       copy->room * sizeof(*copy->pages));
	}
	copied = xmalloc(sizeof(*copied));
	copied->addr = addr;
	memcpy(copied->bytes, page, PAGE);
	copy->pages[copy->count++] = copied;
	return 0;
}

struct memory_copy *memory_copy_create(const struct task *task)
{
	struct memory_copy *copy = xcalloc(1, sizeof(*copy));

	walk_pages(task, 1, 0, copy_page, copy);
	return copy;
}

struct memory_copy *memory_copy_some(const struct task *task,
				     size_t map_pages, size_t pages)
{
	struct memory_copy *copy = xcalloc(1, sizeof(*copy));

	copy->limit = pages;
	walk_pages(task, 0, map_pages, copy_page, copy);
	return copy;
}

struct memory_copy *memory_copy_of(const struct task *task,
				   const remote_addr *pages, size_t count)
{
	struct memory_copy *copy = xcalloc(1, sizeof(*copy));
	struct memory *memory = &task->space->memory;
	uint8_t bytes[PAGE];

	for (size_t i = 0; i < count; i++)
		if (memory->read(memory, pages[i], bytes, PAGE) == PAGE)
			copy_page(copy, pages[i], bytes);
	return copy;
}

void memory_copy_destroy(struct memory_copy *copy)
{
	if (!copy)
		return;
	for (size_t i = 0; i < copy->count; i++)
		free(copy->pages[i]);
	free(copy->pages);
	free(copy);
}

struct compare_state {
	const struct memory_copy *copy;
	size_t next;
	int (*visit)(void *context, remote_addr addr, const void *now,
		     size_t length);
	void *context;
};

static int visit_differences(struct compare_state *state, remote_addr addr,
			     const uint8_t *before, const uint8_t *now)
{
	for (size_t i = 0; i < PAGE;) {
		size_t start;
		int err;

		if (before[i] == now[i]) {
			i++;
			continue;
		}
		for (start = i; i < PAGE && before[i] != now[i];)
			i++;
		err = state->visit(state->context, addr + start, now + start,
				   i - start);
		if (err)
			return err;
	}
	return 0;
}

static int compare_page(void *context, remote_addr addr, const uint8_t *page)
{
	static const uint8_t zeros[PAGE];
	struct compare_state *state = context;
	const struct memory_copy *copy = state->copy;
	const uint8_t *before = NULL;

	while (state->next < copy->count &&
	       copy->pages[state->next]->addr < addr)
		state->next++;
	if (state->next < copy->count &&
	    copy->pages[state->next]->addr == addr)
		before = copy->pages[state->next]->bytes;
	/* A page seen for the first time was zero before. */
	if (!before)
		before = zeros;
	if (!memcmp(before, page, PAGE))
		return 0;
	return visit_differences(state, addr, before, page);
}

int memory_copy_compare(const struct memory_copy *copy,
			const struct task *task,
			int (*visit)(void *context, remote_addr addr,
				     const void *now, size_t length),
			void *context)
{
	struct compare_state state = { copy, 0, visit, context };

	return walk_pages(task, 1, 0, compare_page, &state);
}

int memory_copy_changes(const struct memory_copy *copy,
			const struct task *task,
			int (*visit)(void *context, remote_addr addr,
				     const void *now, size_t length),
			void *context)
{
	struct compare_state state = { copy, 0, visit, context };
	struct memory *memory = &task->space->memory;
	uint8_t now[PAGE];
	int err = 0;

	for (size_t i = 0; i < copy->count && !err; i++) {
		const struct copied_page *page = copy->pages[i];

		if (memory->read(memory, page->addr, now, PAGE) == PAGE &&
		    memcmp(page->bytes, now, PAGE))
			err = visit_differences(&state, page->addr,
						page->bytes, now);
	}
	return err;
}
