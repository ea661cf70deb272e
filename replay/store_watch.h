/* SPDX-License-Identifier: MIT */
/*
 * Finds the stores through shared mappings, which are no events: the pages are
 * read-only in the replay until the first store to each.
 */
#ifndef REEL_STORE_WATCH_H
#define REEL_STORE_WATCH_H

#include <stdint.h>

#include "replay/inspect.h"

struct store_watch; /* private */

struct store {
	struct replay_task *task; /* at the instruction, or in the call */
	uint64_t address, offset; /* offset in the file */
	uint64_t event; /* that comes next, or whose call it is */
	int is_by_call; /* else the program stores to this page, first time */
};

typedef void (*store_found)(void *context, const struct store *store);

/* For a replay that nobody else watches. */
struct store_watch *store_watch_create(struct replayer *replayer,
				       store_found found, void *context);
void store_watch_destroy(struct store_watch *watch);

/*
 * Watches the mapping, which the task has made with this protection.  Those of
 * its children are watched, too.  -EFBIG, reported, when it is too large.
 */
int store_watch_add(struct store_watch *watch, struct replay_task *task,
		    uint64_t start, uint64_t length, uint64_t offset,
		    int protection);

/* inspect_go(), and the stores are found on the way. */
int store_watch_go(struct store_watch *watch, uint64_t event);

#endif
