/* SPDX-License-Identifier: MIT */
/*
 * Inside of the replayer, shared by the replay*.c files.
 *
 *   replay.c          the session: events in order, end
 *   inspect.c         looks at the tasks of a replay that has stopped
 *   store_watch.c     finds stores through shared mappings
 *   replay_task.c     replayed tasks: sandbox, birth, running, death
 *   replay_effect.c   effects of events applied to tasks and files
 *   replay_point.c    places in the middle of computing, found by their state
 *   replay_file.c     files of the trace
 *   replay_name.c     names of mappings that no file has
 *   replay_call.c     system calls: checking, answering, repeating
 *   replay_agent.c    calls that were recorded without stops: many at once
 *   replaced_code.c   instructions that reel has replaced
 *   checkpoint.c      the whole state of a replay, to come back to
 *   confinement.c     keeps in who reads hostile ELF files
 *   divergence.c      what is printed when replay differs from the trace
 *
 * A replayed task is a process of its own even where the recorded one was a
 * thread: it shares the address space (CLONE_VM) and nothing else with the
 * program's world.  It shares the replayer's descriptors (CLONE_FILES), so that
 * files of the trace can be mapped into it; it cannot use them, nor anything
 * else of the kernel, since no call of its own is ever performed.
 */
#ifndef REEL_REPLAYER_H
#define REEL_REPLAYER_H

#include <sched.h>

#include "replay/replay.h"
#include "src/process_maps.h"
#include "src/syscall_table.h"
#include "src/task.h"
#include "traces/reader.h"
#include "traces/store.h"

struct replay_task {
	struct task task; /* first; tid is the replayed process */
	pid_t recorded_tid, recorded_tgid;
	struct replay_task *next;
	struct syscall_call call; /* in progress, after SYSCALL_ENTER */
	struct registers entry;
	int is_in_call;
	struct registers registers; /* to be set before it runs */
	int is_dirty;		    /* registers are not in the kernel yet */
	int is_kept;		    /* these are there, when it is dirty */
	struct registers kept;
	int is_at_call; /* it has run to the entry of its next call already */
	/* replay/task_name.c */
	char name[16];	/* comm */
	pid_t name_of;	/* whose name it may write, or 0; */
	int name_fd;	/* to this descriptor */
};

/* What a descriptor is of, for a file and copies of it (checkpoint.h). */
struct replay_memory {
	unsigned users;
	int is_changed; /* its content may be another than at first */
};

/*
 * A file of the trace, materialized in a memfd; or, where it will not change,
 * the very file on this machine, mapped privately.
 */
struct replay_file {
	uint32_t id;
	int fd; /* -1: put away until it is used again */
	struct replay_memory *memory; /* what fd is of; with it */
	uint64_t inode;
	uint64_t recorded_device, recorded_inode;
	uint8_t sha256[32]; /* of its content at first */
	uint64_t size;	    /* then */
	uint64_t counted;   /* bytes of it that are in file_bytes */
	char *local_path;   /* this file of ours, not a copy; or NULL */
	struct stat local_status;
	int is_shared;	    /* mapped shared somewhere */
	int is_changeable;  /* its content may be another by now */
	char *name;	    /* as recorded, whatever its length */
	struct replay_file *next; /* in its bucket */
};

#define FILE_BUCKETS 4096
#define TASK_BUCKETS 1024
#define TASKS_LIMIT 16384 /* at once: a trace must not use up all processes */

/*
 * Who looks on while tasks go to their events: a debugger.  Both functions may
 * return REPLAY_STOPPED; replaying the event again then goes on from there.
 */
struct replay_watcher {
	/* In place of replay_run_plain(). */
	int (*run)(const struct replay_watcher *watcher,
		   struct replayer *replayer, struct replay_task *task,
		   int *status_out);
	/* The task is where the event is; its effects come next. */
	int (*reach)(const struct replay_watcher *watcher,
		     struct replayer *replayer, struct replay_task *task,
		     const struct event *event);
};

struct replayer {
	const struct replay_options *options;
	struct replay_summary *summary;
	struct trace_reader *reader;
	struct task template; /* an empty process in the sandbox */
	struct replay_task *buckets[TASK_BUCKETS]; /* by serial number */
	struct replay_file *files[FILE_BUCKETS]; /* by id */
	struct replay_file *nameless; /* shared memory without a file */
	int keeps_checkpoints; /* it may be needed (checkpoint.h) */
	struct checkpoint *checkpoints; /* newest first */
	struct store *store;	/* says where files of ours are; or NULL */
	unsigned first_file; /* lowest descriptor that may be mapped */
	uint64_t file_bytes, file_bytes_limit; /* memory that files take */
	unsigned task_count;
	uint64_t event; /* number of the current one, or the last */
	uint32_t event_task; /* whose it is */
	uint64_t last; /* replay_to() goes on to this one; 0: to the end */
	struct agent_shared *agent; /* its memory, which all tasks share */
	struct event next; /* read, and not or not wholly replayed yet */
	int has_next;
	const struct replay_watcher *watcher; /* or NULL */
	struct point_trap *trap; /* that is set, or NULL */
	int is_memory_unseen; /* there is no /proc; said so */
	uint32_t root_serial;
	pid_t root_tgid;
	const char *debug_files; /* directory; NULL: none (replay/inspect.h) */
	cpu_set_t affinity; /* of the process before the replay */
	int has_affinity;
};

/* replay.c */
/* The event that comes next, or REPLAY_ENDED; it lives until it is replayed. */
int replay_peek(struct replayer *replayer, const struct event **event_out);
/* Replays it, or the rest of it; REPLAY_STOPPED by the watcher. */
int replay_next(struct replayer *replayer);
/* Lets the watcher know that the task is there. */
int replay_reach(struct replayer *replayer, struct replay_task *task,
		 const struct event *event);

/* Runs to an instruction with a recorded result, which the task gets. */
int replay_instruction(struct replayer *replayer, struct replay_task *task,
		       const struct event *event);

/* replay_task.c */
int replay_template_create(struct replayer *replayer);
struct replay_task *replay_find(const struct replayer *replayer,
				uint32_t serial);
/* A task whose address space is empty, or with parent's shared or copied. */
int replay_task_create(struct replayer *replayer, struct replay_task *parent,
		       uint64_t clone_flags, uint32_t serial,
		       struct replay_task **task_out);
/* Gives the task (whose exec is replayed) a process with an empty space. */
int replay_task_renew(struct replayer *replayer, struct replay_task *task);
void replay_task_end(struct replayer *replayer, struct replay_task *task);
/* Among the replayer's tasks, which one that was copied is not yet. */
void replay_task_insert(struct replayer *replayer, struct replay_task *task);
/*
 * A task in the same state, which goes on when that one does not, in a copy of
 * its address space; or in that of other, which was copied so.  -EAGAIN or
 * -ESRCH, not reported.
 */
int replay_task_copy(struct replayer *replayer, struct replay_task *task,
		     struct replay_task *other, struct replay_task **copy_out);
/* One that is not among the replayer's; accepts NULL. */
void replay_task_destroy(struct replay_task *task);
void replay_kill_all(struct replayer *replayer);
/* Makes sure that task->registers are the task's. */
int replay_get_registers(struct replayer *replayer, struct replay_task *task);
/*
 * True when some of the pages are the ones that injected calls are made from.
 * What could change, move or unmap them must be asked this first.
 */
int replay_is_reserved(uint64_t address, uint64_t length);
/* A call performed in the task, in the name of the replayer. */
int64_t replay_inject(struct replay_task *task, int number,
		      const uint64_t arguments[6]);
/*
 * Runs the task until it stops; status as waitpid(2) gives it.  Where a watcher
 * stops it, REPLAY_STOPPED.
 */
int replay_run_task(struct replayer *replayer, struct replay_task *task,
		    int *status_out);

/* The same until any stop, by a request of ptrace(2); watched by nobody. */
int replay_resume_task(struct replayer *replayer, struct replay_task *task,
		       int request, int *status_out);
/* The same, but for stops from outside, and for one instruction. */
int replay_run_plain(struct replayer *replayer, struct replay_task *task,
		     int *status_out);
int replay_step_task(struct replayer *replayer, struct replay_task *task,
		     int *status_out);

/* replay_point.c */
int replay_point(struct replayer *replayer, struct replay_task *task,
		 const struct event *event);

/* replay_effect.c */
int replay_effects(struct replayer *replayer, struct replay_task *task,
		   const struct event *event);
/*
 * Output of the program, to descriptor 1 or 2.  Reported when it can't be
 * written; a reader that is gone wants no more.
 */
int replay_output(const struct replayer *replayer, int fd, const void *bytes,
		  size_t length);
/* Writes the effect's bytes into the task's memory. */
int replay_write(struct replayer *replayer, struct replay_task *task,
		 const struct event *event, const struct effect *effect);

/* replay_file.c */
struct replay_file *replay_file_find(struct replayer *replayer, uint32_t id);
/* Makes sure that it has its descriptor. */
int replay_file_open(struct replayer *replayer, struct replay_file *file);
/* The file that is mapped there, or NULL. */
const struct replay_file *
replay_file_of_map(const struct replayer *replayer,
		   const struct process_map *map);
/* Our own files must still be what they were: else an error, reported. */
int replay_files_check(const struct replayer *replayer);
/* Effects FILE; FILE_WRITE, FILE_SIZE and FILE_PUNCH. */
int replay_file_add(struct replayer *replayer, const struct effect *effect);
int replay_file_effect(struct replayer *replayer, const struct effect *effect);
void replay_files_init(struct replayer *replayer);
/* All of them, and the files only. */
void replay_files_drop(struct replayer *replayer);
void replay_files_add(struct replayer *replayer, struct replay_file *file);
/* Shared memory without a file: a descriptor for it, or negative. */
int replay_file_nameless(struct replayer *replayer, uint64_t length);
/* Forgets such memory that is not mapped any more. */
void replay_files_forget(struct replayer *replayer);
/* Another one with the same descriptor. */
struct replay_file *replay_file_copy(const struct replay_file *file);
void replay_file_destroy(struct replay_file *file);
/* The content that it had at first. */
int replay_file_reset(struct replayer *replayer, struct replay_file *file);
/* All that one memfd holds, and no more, into another. */
int replay_content_copy(int from, int to);
void replay_files_free(struct replayer *replayer);

/* replay_name.c */
/* What the replayer knows of an address space; made when it is asked for. */
struct replay_space {
	struct memory shown; /* first; inspect.c */
	struct address_space *space; /* of it */
	struct named_range *ranges; /* oldest first */
	size_t count, room;
	struct detour *detours; /* replay_agent.c */
	size_t detour_count;
	struct replaced_code *replaced; /* replaced_code.c */
	size_t replaced_count;
};

struct replay_space *replay_space_of(struct address_space *space);
/* What an EFFECT_MAP says of the name of mappings without a file. */
void replay_name_mapping(struct address_space *space,
			 const struct effect *effect);
void replay_copy_names(struct address_space *space,
		       const struct address_space *from);
/* "[heap]" and the like; "" when it has none. */
const char *replay_name_of(const struct address_space *space, uint64_t start,
			   uint64_t end);

/* replay_call.c */
int replay_syscall(struct replayer *replayer, struct replay_task *task,
		   const struct event *event);
int replay_syscall_exit(struct replayer *replayer, struct replay_task *task,
			const struct event *event);
/* The call that the task is in becomes the one of its registers. */
void replay_change_call(struct replay_task *task);
/* Runs to the next system call and compares registers with the event's. */
int replay_to_syscall(struct replayer *replayer, struct replay_task *task,
		      const struct event *event);
int replay_compare_registers(struct replayer *replayer,
			     struct replay_task *task,
			     const struct event *event,
			     const struct registers *actual);

/* replay_agent.c */
/* Before the first task is made. */
int replay_agent_init(struct replayer *replayer);
/* In a process that becomes a task: negative when it can't be. */
int replay_agent_protect(void);
void replay_agent_deinit(struct replayer *replayer);
/* A buffered event and those that follow it. */
int replay_calls(struct replayer *replayer, struct replay_task *task,
		 const struct event *event);
/* A buffered instruction: the task stopped at it, and is behind it then. */
int replay_compare_instruction(struct replayer *replayer,
			       struct replay_task *task,
			       const struct event *event);
int replay_result(struct replayer *replayer, struct replay_task *task,
		  const struct event *event);
/* EFFECT_DETOUR */
int replay_detour_effect(struct replay_task *task,
			 const struct effect *effect);
void replay_copy_detours(struct address_space *space,
			 const struct address_space *from);
/* The other way round: who is in the trampoline at `to` would be here; or 0. */
uint64_t replay_detour_origin(const struct replay_task *task, uint64_t to);
/* The trampoline's place for the instruction, when it has a detour; or 0. */
uint64_t replay_detour_target(const struct replay_task *task, uint64_t from);
/* True when a stop was at a detour, which the task takes. */
int replay_takes_detour(struct replay_task *task, int status);

/* divergence.c */
/* Explains, with a backtrace and disassembly; returns REPLAY_DIVERGED. */
int replay_diverged(struct replayer *replayer, struct replay_task *task,
		    const struct event *event, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
