/* SPDX-License-Identifier: MIT */
#include "replay/store_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "replay/replayer.h"
#include "traces/report.h"

#define PAGE 4096u
#define PAGES_MAX ((uint64_t)1 << 22) /* 16 GiB */

/* A mapping in one address space. */
struct watched {
	uint64_t space; /* its serial number */
	uint64_t start, pages, offset;
	int protection;	   /* as the program has it */
	uint8_t *is_armed; /* for each page: it is read-only for us */
	struct watched *next;
};

struct store_watch {
	struct replay_watcher watcher; /* first */
	struct replayer *replayer;
	store_found found;
	void *context;
	struct watched *ranges;
};

/* ---- pages ---- */

static int protect(struct replay_task *task, const struct watched *range,
		   uint64_t first, uint64_t pages, int protection)
{
	uint64_t arguments[6] = { range->start + first * PAGE, pages * PAGE,
				  (uint64_t)protection };
	int64_t result = -EFAULT;

	/* The trace says where: not where injected calls are made from. */
	if (!replay_is_reserved(arguments[0], arguments[1]))
		result = replay_inject(task, SYS_mprotect, arguments);
	if (!result)
		return 0;
	return report((int)result, "watch the page at %#" PRIx64,
		      arguments[0]);
}

/* Gives the pages from first up to end their own protection again. */
static int disarm(struct replay_task *task, struct watched *range,
		  uint64_t first, uint64_t end)
{
	int err = 0;

	while (!err && first < end) {
		uint64_t last = first;

		while (last < end && range->is_armed[last])
			range->is_armed[last++] = 0;
		if (last > first)
			err = protect(task, range, first, last - first,
				      range->protection);
		first = last + 1;
	}
	return err;
}

static int is_armed(const struct watched *range,
		    const struct replay_task *task, uint64_t address)
{
	uint64_t page = (address - range->start) / PAGE;

	return range->space == task->task.space->serial &&
	       address >= range->start && page < range->pages &&
	       range->is_armed[page];
}

static void tell(const struct store_watch *watch, struct replay_task *task,
		 const struct watched *range, uint64_t address, int is_by_call)
{
	struct store store = {
		.task = task,
		.address = address,
		.offset = range->offset + (address - range->start),
		.is_by_call = is_by_call,
	};
	const struct event *event;

	if (!replay_peek(watch->replayer, &event))
		store.event = event->number;
	watch->found(watch->context, &store);
}

/* ---- the program's own stores ---- */

/* Whether the task stopped at such a store, which can be done now. */
static int take_store(struct store_watch *watch, struct replay_task *task,
		      int status, int *err_out)
{
	uint64_t address, page;
	siginfo_t info;

	if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGSEGV ||
	    task_get_siginfo(&task->task, &info) ||
	    info.si_code != SEGV_ACCERR)
		return 0;
	address = (uint64_t)(uintptr_t)info.si_addr;
	for (struct watched *range = watch->ranges; range;
	     range = range->next) {
		if (!is_armed(range, task, address))
			continue;
		page = (address - range->start) / PAGE;
		tell(watch, task, range, address, 0);
		*err_out = disarm(task, range, page, page + 1);
		return 1;
	}
	return 0;
}

/* ---- what events do to the pages ---- */

/* Before the event changes or writes these bytes. */
static int make_way(struct store_watch *watch, struct replay_task *task,
		    uint64_t start, uint64_t length, int is_write)
{
	uint64_t end = start + length < start ? UINT64_MAX : start + length;
	int err = 0;

	for (struct watched *range = watch->ranges; range && !err;
	     range = range->next) {
		uint64_t range_end = range->start + range->pages * PAGE;
		uint64_t from = start > range->start ? start : range->start;
		uint64_t to = end < range_end ? end : range_end;

		if (range->space != task->task.space->serial || from >= to)
			continue;
		if (is_write && is_armed(range, task, from))
			tell(watch, task, range, from, 1);
		err = disarm(task, range, (from - range->start) / PAGE,
			     (to - range->start + PAGE - 1) / PAGE);
	}
	return err;
}

/* The first two arguments of calls that change what is mapped. */
static int changes_mappings(int number)
{
	return number == SYS_munmap || number == SYS_mremap ||
	       number == SYS_mprotect || number == SYS_pkey_mprotect ||
	       number == SYS_remap_file_pages;
}

static int make_way_for_call(struct store_watch *watch,
			     struct replay_task *task,
			     const struct event *event)
{
	const uint64_t *arguments = task->call.arguments;
	uint64_t own[2] = { event->registers[R_RDI], event->registers[R_RSI] };
	int number = event->detail;

	if (event->kind == EVENT_SYSCALL)
		arguments = own;
	else if (event->kind != EVENT_SYSCALL_EXIT)
		return 0;
	return changes_mappings(number) ?
	       make_way(watch, task, arguments[0], arguments[1], 0) : 0;
}

static int make_way_for(struct store_watch *watch, const struct event *event)
{
	struct replay_task *task = replay_find(watch->replayer, event->task);
	int err;

	if (!task || !watch->ranges)
		return 0;
	task->task.space->tid = task->task.tid;
	err = make_way_for_call(watch, task, event);
	for (size_t i = 0; i < event->effect_count && !err; i++) {
		const struct effect *effect = &event->effects[i];

		if (effect->kind == EFFECT_WRITE)
			err = make_way(watch, task, effect->address,
				       effect->length, 1);
		else if (effect->kind == EFFECT_MAP ||
			 effect->kind == EFFECT_UNMAP ||
			 effect->kind == EFFECT_PROTECT)
			err = make_way(watch, task, effect->address,
				       effect->extent, 0);
	}
	return err;
}

static struct watched *add_range(struct store_watch *watch,
				 const struct watched *from, uint64_t space)
{
	struct watched *range = xmemdup(from, sizeof(*from));

	range->space = space;
	range->is_armed = from->is_armed ?
		xmemdup(from->is_armed, from->pages) :
		xcalloc(from->pages, 1);
	range->next = watch->ranges;
	watch->ranges = range;
	return range;
}

/* A process that was made has the same pages, with the same protection. */
static void follow_child(struct store_watch *watch, uint32_t parent_serial,
			 uint32_t child_serial)
{
	struct replay_task *parent = replay_find(watch->replayer,
						 parent_serial);
	struct replay_task *child = replay_find(watch->replayer, child_serial);

	if (!parent || !child || parent->task.space == child->task.space)
		return;
	for (struct watched *range = watch->ranges; range;
	     range = range->next)
		if (range->space == parent->task.space->serial)
			add_range(watch, range, child->task.space->serial);
}

/* ---- the watch ---- */

/* Where the event is; what it does to memory comes next. */
static int arrive(struct store_watch *watch)
{
	const struct event *event;
	int err = replay_peek(watch->replayer, &event);

	return err ? err : make_way_for(watch, event);
}

static int run(const struct replay_watcher *watcher, struct replayer *replayer,
	       struct replay_task *task, int *status_out)
{
	struct store_watch *watch = (struct store_watch *)watcher;
	int err;

	do {
		err = replay_run_plain(replayer, task, status_out);
		if (err)
			return err;
	} while (take_store(watch, task, *status_out, &err) && !err);
	return err ? err : arrive(watch);
}

static int reach(const struct replay_watcher *watcher,
		 struct replayer *replayer, struct replay_task *task,
		 const struct event *event)
{
	(void)replayer;
	(void)task;
	(void)event;
	return arrive((struct store_watch *)watcher);
}

/* Whether tasks stay where they are at this event. */
static int is_on_the_spot(const struct event *event)
{
	return event->kind == EVENT_SYSCALL_EXIT ||
	       event->kind == EVENT_CLONE || event->kind == EVENT_TRACER ||
	       event->kind == EVENT_NOTE;
}

static int go_on(struct store_watch *watch)
{
	const struct event *event;
	const struct effect *made;
	uint32_t parent = 0, child = 0;
	int err = replay_peek(watch->replayer, &event);

	if (!err && is_on_the_spot(event))
		err = make_way_for(watch, event);
	if (err)
		return err;
	made = event->kind == EVENT_CLONE ?
	       event_find_effect(event, EFFECT_TASK) : NULL;
	if (made) {
		parent = event->task;
		child = made->id;
	}
	err = replay_next(watch->replayer);
	if (!err && child)
		follow_child(watch, parent, child);
	return err;
}

int store_watch_go(struct store_watch *watch, uint64_t event)
{
	int err = 0;

	while (!err && watch->replayer->event < event)
		err = go_on(watch);
	return err > 0 ? -EIO : err;
}

int store_watch_add(struct store_watch *watch, struct replay_task *task,
		    uint64_t start, uint64_t length, uint64_t offset,
		    int protection)
{
	struct watched added = {
		.start = start,
		.pages = (length + PAGE - 1) / PAGE,
		.offset = offset,
		.protection = protection & (PROT_READ | PROT_WRITE | PROT_EXEC),
	};
	struct watched *range;
	int err;

	if (length > PAGES_MAX * PAGE)
		return report(-EFBIG, "watch the stores to %" PRIu64 " bytes",
			      length);
	task->task.space->tid = task->task.tid;
	err = protect(task, &added, 0, added.pages,
		      added.protection & ~PROT_WRITE);
	if (err)
		return err;
	range = add_range(watch, &added, task->task.space->serial);
	memset(range->is_armed, 1, range->pages);
	return 0;
}

struct store_watch *store_watch_create(struct replayer *replayer,
				       store_found found, void *context)
{
	struct store_watch *watch = xcalloc(1, sizeof(*watch));

	watch->watcher = (struct replay_watcher){ run, reach };
	watch->replayer = replayer;
	watch->found = found;
	watch->context = context;
	replayer->watcher = &watch->watcher;
	return watch;
}

void store_watch_destroy(struct store_watch *watch)
{
	if (!watch)
		return;
	watch->replayer->watcher = NULL;
	while (watch->ranges) {
		struct watched *range = watch->ranges;

		watch->ranges = range->next;
		free(range->is_armed);
		free(range);
	}
	free(watch);
}
