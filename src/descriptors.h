/* SPDX-License-Identifier: MIT */
/*
 * The descriptors that recorded tasks have, followed through the events of a
 * trace: what opens, duplicates, passes on and closes them.  What the events do
 * not tell is not known, and said so.
 *
 *   descriptors.c       tables, open files, tasks
 *   descriptor_calls.c  what each system call does to them
 */
#ifndef REEL_DESCRIPTORS_H
#define REEL_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

#include "src/dump_tasks.h"
#include "traces/event.h"

/* What a memfd holds, however many descriptors there are of it. */
struct memfd {
	char *name;
	uint64_t event; /* of its memfd_create */
	uint32_t *files; /* numbers that the trace has for it */
	size_t file_count;
	struct memfd *next;
};

enum offset_state {
	OFFSET_NONE,	/* it has no position */
	OFFSET_UNKNOWN,
	OFFSET_KNOWN,
};

struct passed_files; /* private */

/* What open(2) calls an open file description: shared by duplicates. */
struct open_file {
	unsigned users;
	const char *kind; /* "file", "pipe", ...; "?" */
	char *what;	  /* path, name or address, printable; NULL: unknown */
	char *peer_address;
	int has_flags;
	uint32_t flags;	  /* access mode and status flags */
	enum offset_state offset_state;
	uint64_t offset;
	uint64_t event;	  /* that made it; 0: before the first one */
	int pid;	  /* of a pidfd; else 0 */
	struct memfd *memfd;	/* or NULL */
	struct open_file *peer; /* the other end, while it is open, or NULL */
	struct passed_files *passed; /* on their way to here, oldest first */
};

enum exec_fate { STAYS_OPEN, CLOSES_ON_EXEC, FATE_UNKNOWN };

struct descriptor {
	int number;
	enum exec_fate fate;
	struct open_file *file;
};

/* Shared by tasks made with CLONE_FILES. */
struct descriptor_table {
	unsigned users;
	struct descriptor *descriptors; /* in order of their numbers */
	size_t count, room;
};

/* How a call changed what a memfd holds. */
enum memfd_change {
	MEMFD_WRITTEN,
	MEMFD_RESIZED,	/* ftruncate, fallocate */
	MEMFD_MAPPED,	/* shared and writable: stores are no events */
};

struct descriptors {
	struct dump_tasks tasks; /* their data is a struct descriptor_table */
	struct memfd *memfds;	 /* newest first */
	/* Called when a call changed a memfd, behind it; may be NULL. */
	void (*changed)(void *context, const struct event *event,
			const struct memfd *memfd, enum memfd_change change);
	void *context;
};

void descriptors_init(struct descriptors *descriptors);
void descriptors_deinit(struct descriptors *descriptors);

/* Takes the next event; all from the first one on are needed. */
void descriptors_follow(struct descriptors *descriptors,
			const struct event *event);

/*
 * The task of this tid, else one of that process, or of the serial number; NULL
 * when it does not live.
 */
struct dump_task *descriptors_find_pid(const struct descriptors *descriptors,
				       int pid);
struct dump_task *
descriptors_find_serial(const struct descriptors *descriptors, uint32_t serial);

/* NULL: it has ended. */
static inline struct descriptor_table *
descriptors_of(const struct dump_task *task)
{
	return task->data;
}

/* ---- for descriptor_calls.c ---- */

struct descriptor *descriptor_find(const struct descriptor_table *table,
				   int number);
/* In place of what may have that number; takes over one user of file. */
void descriptor_set(struct descriptor_table *table, int number,
		    struct open_file *file, enum exec_fate fate);
void descriptor_close(struct descriptor_table *table, int number);
void descriptor_close_range(struct descriptor_table *table, unsigned first,
			    unsigned last);

struct open_file *open_file_create(const char *kind, uint64_t event);
struct open_file *open_file_share(struct open_file *file);
void open_file_release(struct open_file *file);

/* Files that sendmsg(2) gave to the socket: takes over their users. */
void open_file_pass(struct open_file *socket, struct open_file **files,
		    size_t count);
/* The oldest of these; their count, at most room. */
size_t open_file_receive(struct open_file *socket, struct open_file **files,
			 size_t room);

/* A table of the task's own, if it shares one. */
void descriptors_unshare(struct dump_task *task);
struct memfd *memfd_create_known(struct descriptors *descriptors,
				 const char *name, uint64_t event);

/* The call of the task has ended without an error. */
void descriptors_call(struct descriptors *descriptors, struct dump_task *task,
		      const struct event *event);

/* The task's exec has succeeded, and closed nothing yet. */
void descriptors_exec(struct descriptors *descriptors, struct dump_task *task,
		      const struct event *event);

#endif
