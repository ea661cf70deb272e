/* SPDX-License-Identifier: MIT */
/*
 * Inside of the recorder: its session and tasks, shared by the record*.c files.
 *
 *   record.c          session: stops, events, end
 *   record_tasks.c    its tasks
 *   record_schedule.c whose turn it is
 *   record_turn.c     how long that lasts
 *   record_launch.c   how it begins
 *   record_call.c     system calls: entry, exit, what rows and hooks save
 *   record_futex.c    waits that begin late
 *   record_call_hooks.c  what rows can't say
 *   record_audit.c    memory compared around calls
 *   record_memory.c   mappings and the files behind them
 *   record_own_memory.c  calls of the program on memory of reel
 *   record_execute.c  code that is looked at when it is first executed
 *   record_image.c    what an exec leaves behind
 *   record_file.c     files whose content the trace must know
 *   record_sparse.c   files with holes
 *   record_sites.c    instructions to replace in files
 *   record_jumps.c    what was replaced there before
 *   record_jumps_again.c  and is again, in another process, all at once
 *   record_scratch.c  buffers of calls that wait
 *   record_signal.c   signals and trapped instructions
 *   record_deadly.c   signals that end any wait
 *   record_peers.c    processes outside that share memory with ours
 *   record_stuck.c    tasks that the kernel holds
 *   record_point.c    places in the middle of computing
 *   record_life.c     tasks come and go: clone, exec, exit
 *   record_priority.c  real-time priorities: who may have a turn
 *   record_stacks.c   what of their memory is dead
 *   record_ptrace.c   tracers in the program; see record_ptrace.h
 *   record_inject.c   calls made in the name of a task
 *   record_agent*.c   the agent, which makes calls unseen; record_agent.h
 *   record_call_site.c  syscall instructions that become jumps to it
 *   record_site_changes.c  and what becomes of those
 *   record_namespace.c  pids as the program sees them
 *   record_path.c     paths as the program means them
 *   record_served.c   file systems that it serves
 *   record_chaos.c    turns at random
 *   record_cores.c    which cores the program believes to have
 *   record_seccomp.c  the program's own filters of calls
 *   record_own_filter.c  ours, which must not show
 *   record_trapped_call.c  ours in a container
 *   record_forced.c   signals that our traps force on tasks
 *   record_vdso.c     the vDSO, which makes calls
 *   record_discard.c  code that the program drops
 *   record_vsyscall.c calls without a syscall instruction
 *   record_dispatch.c calls that become signals by its own wish
 *   record_notify.c   its supervisors, who answer calls
 *   record_landlock.c  who may not trace whom
 *   record_orders.c   signals that the recorder itself gets
 *   record_detach.c   letting the program go on without us
 *
 * record_filters.h has what is about seccomp and Landlock, record_spaces.h what
 * is about mappings and the code in them.
 *
 * One thing to know: exactly one task runs user code at a time (`current`);
 * any number may be inside calls in the kernel.
 */
#ifndef REEL_RECORDER_H
#define REEL_RECORDER_H

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>

#include "src/instruction.h"
#include "src/memory_digest.h"
#include "src/record.h"
#include "src/seccomp_filter.h"
#include "src/syscall_table.h"
#include "src/task.h"
#include "src/vdso.h"
#include "traces/writer.h"

enum task_state {
	TASK_NEW,     /* attached, not announced by its maker's event yet */
	TASK_READY,   /* stopped; user code goes on when it is scheduled */
	TASK_RUNNING, /* the current one */
	TASK_IN_CALL, /* inside the kernel; its stop has not been seen */
	TASK_STOPPED, /* group-stop: waits for SIGCONT */
	TASK_TRACED,  /* stopped for a tracer in the program */
	TASK_EXITING, /* past PTRACE_EVENT_EXIT */
	TASK_DEAD,    /* its EXIT event is written; not reaped yet */
};

/* A call that the kernel held within the agent, and what there is of it. */
enum late_call {
	LATE_NOT,
	LATE_CALL, /* the program's: it returns, or is made again */
	LATE_QUESTION, /* one before it, which is then made with a stop */
	LATE_BEGINS, /* now it is */
};

enum call_phase {
	CALL_NONE,
	CALL_ENTERED,	/* at or past the entry stop; no event written yet */
	CALL_ANNOUNCED, /* its SYSCALL_ENTER is written */
};

enum point_wanted {
	POINT_NOT_WANTED,
	POINT_IF_IT_SPINS, /* if the task waits for others by computing */
	POINT_WANTED,
};

/* A signal withheld until the task's next call. */
struct withheld_signal {
	siginfo_t info;
	uint64_t since_ns;
	uint64_t delay_ns; /* at random, beyond what is needed */
	int is_sent; /* given back to the kernel, which lost the siginfo */
	struct withheld_signal *next;
};

/* A buffer of a call that the kernel fills elsewhere. */
struct scratch_range {
	remote_addr real, scratch;
	uint64_t length;
	unsigned argument;
};

/* Seccomp's strict mode, which the kernel has not beside a filter of ours. */
enum strict_mode { STRICT_NOT, STRICT_BY_KERNEL, STRICT_BY_REEL };

/* The beginning of a line of /proc/PID/status, where a read ended. */
struct status_tail {
	uint64_t inode, position;
	char line[24];
	unsigned length, digits;
};

#define STATUS_TAILS 8

/* Of PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG. */
struct dispatch_config {
	uint64_t mode, selector, offset, length;
};

/* struct sched_attr of the kernel (sched_setattr(2)), as it was at first. */
struct sched_policy {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* A moment, and the time of the processor that it had by then; 0: not known. */
struct time_mark {
	uint64_t ns, used_ns;
};

#define BUSY_PAGES 64u

struct record_task {
	struct task task; /* first */
	enum task_state state;
	struct record_task *next_in_bucket;
	struct record_task *next_ready, *previous_ready;
	struct record_task *next_all, *previous_all;
	/* a ring: its thread group */
	struct record_task *next_in_group, *previous_in_group;
	int is_queued;
	int is_doomed; /* its group dies: SIGKILL moves it, not we */
	pid_t inner_tid, inner_tgid; /* in its own pid namespace, */
	unsigned pid_level;	     /* so many below that of /proc */
	int is_root;
	unsigned domain; /* of Landlock; 0: none */

	enum call_phase phase;
	int is_interrupted; /* the call returned -ERESTART*, may go on */
	int was_restarted;  /* the call was, unseen by the program */
	int is_masked;	 /* by us, within the agent; but for that: */
	uint64_t own_mask;
	int has_saved_mask; /* ignored signals are blocked meanwhile */
	uint64_t saved_mask;
	uint8_t sleep_rest[16]; /* a sleep's remainder, before it */
	uint8_t waited_info[128]; /* rt_sigtimedwait's siginfo, before it */
	int is_cancelled;   /* the entry was turned into nothing */
	int refusal;	    /* negative errno to answer with, or 0 */
	struct syscall_call call;
	struct registers entry;	  /* registers at the entry */
	struct registers restore; /* arguments the program must see again */
	int has_restore;
	struct effect_list effects; /* of the call in progress */
	size_t inputs;		    /* of them, at the entry */
	char *announced_path;	    /* that the announced call names */
	struct scratch_range scratch[SYSCALL_ARGUMENTS];
	unsigned scratch_count;
	int scratch_slot;
	struct memory_copy *audit;  /* memory at the entry */
	uint64_t audit_events;	    /* event count then */

	struct registers last;	/* as the program has them after last event */
	int at_boundary;	/* rewound to its syscall instruction */
	int is_fault_placed;	/* the next one is where the last event is */
	struct withheld_signal *withheld;

	struct seccomp_filter *filters; /* that the program installed */
	struct seccomp_filter *installing; /* by the call in progress */
	enum strict_mode strict; /* seccomp's */
	int has_no_new_privs; /* as the program knows */
	int is_forbidden;  /* the call: it has no such privilege */
	int traps_calls;   /* record_trapped_call.h: our own filter does */
	uint64_t blocked;  /* signals, when user code went on */
	int is_mask_known; /* that is what it has still */
	struct forced_actions *forced; /* record_forced.h */
	uint32_t verdict; /* on the call, SECCOMP_RET_* */
	int is_skipped;	 /* filters answer the call, the kernel won't */
	int needs_pass;	 /* without reel there would be no call here */
	int passes;	 /* the call has an instruction pointer of ours */
	int is_dispatching; /* syscall user dispatch is on */
	int is_dispatch_off; /* but not for this call */
	int has_config;	 /* a tracer can turn it off: */
	struct dispatch_config dispatch; /* what to restore */
	remote_addr selector; /* the byte that decides, or 0 */
	uint8_t selector_byte; /* what to restore there */
	uint64_t notify_id; /* of the question about it to a supervisor */
	int goes_around; /* the call leaves out memory of reel's */
	int is_denied;	 /* reel would have refused it: */
	int64_t denied;	 /* its result then */
	int was_stopped; /* by job control, within the call */

	uint64_t clone_flags;
	remote_addr untraced_flags; /* where CLONE_UNTRACED was taken out */
	remote_addr clear_tid;
	remote_addr signal_stack; /* sigaltstack(2), or 0 */
	uint64_t signal_stack_length;
	int is_signal_stack_used; /* by a handler, since it was set */
	remote_addr shmdt_length;
	void *spliced; /* what the pipe held when a splice began */
	size_t spliced_length;
	struct time_mark turn_began;
	uint64_t turn_used_ns; /* of it, before the last wait */
	uint64_t slice_ns; /* of its turns; 0: as usual */
	uint64_t terminated_ns; /* when it last met a SIGTERM */
	int is_asked;		/* to end, by us or who asked us */
	uint64_t resumed_ns; /* into user code, or into its call */
	int is_interrupt_sent; /* PTRACE_INTERRUPT, to preempt it */
	int was_interrupt_sent; /* before the stop that it is in */
	uint64_t interrupt_ns; /* when it was */
	enum point_wanted point_wanted; /* at the stop that this brings */
	struct time_mark last_look, last_point;
	uint64_t look_pause_ns; /* till the next look whether it spins */
	uint64_t point_pause_ns; /* and point: what the last one cost */
	remote_addr busy_pages[BUSY_PAGES]; /* changed lately while it ran */
	unsigned busy_count, busy_points; /* since all were looked at */
	cpu_set_t affinity;	/* what the program believes */
	struct sched_policy policy; /* that it believes to have */
	unsigned priority; /* of that, 1 to 100; 0: an ordinary one */
	uint64_t chaos_slice_ns, chaos_until_ns; /* of turn and priority */
	unsigned chaos_events; /* left in its turn */
	int chaos_is_low, chaos_is_held; /* others first; nobody first */
	int chaos_is_cut; /* its turn ends at once */
	pid_t unpinned; /* while the call reads its /proc/PID/status */
	int is_unrandomized;	/* by its own personality(), */
	int reads_execute;	/* by that, too: READ_IMPLIES_EXEC */
	int tsc_mode;		/* PR_TSC_ENABLE or PR_TSC_SIGSEGV */
	struct tracing *tracing; /* by another recorded task; record_ptrace.h */
	int is_watched;		 /* a tracer's debug registers are in use */
	int will_wait;		 /* in its call, as the agent found */
	int is_at_filter;	 /* of ours, at the entry of its call, */
	int is_wait_late;	 /* where it stays, ready for its turn */
	enum late_call late;
	unsigned late_stack;	 /* of the agent's, that a question writes to */
	int has_faulted;	 /* the agent made its call: EFAULT */
	int is_stop_put_off;	 /* of its group, until it may stop, */
	int is_stop_due;	 /* and that is before it runs user code */
	int has_own_files;	 /* but not its memory: descriptors differ */
	int has_own_actions;	 /* the same for actions of signals */
	pid_t maker;		 /* tid of the thread whose child it is */
	int wants_no_stops;	 /* SIGCHLD has SA_NOCLDSTOP */
	int is_parked;		 /* waits in another call than it made */
	int is_repeated;	 /* by us: the entry is none of the program's */
	int exit_status;
	int deadly; /* the signal that SIGKILL stands for, or 0 */
	uint64_t stuck_since_ns;
	int is_stuck_reported;
};

/* An instruction in a file's code that became a jump to the agent, or may. */
struct known_jump {
	uint64_t offset;
	uint64_t way;	/* call_patch_way(); 0: not yet */
	unsigned count; /* of stops there so far, then */
};

/* A file whose content the trace has. */
struct record_file {
	uint32_t id;
	dev_t device;
	ino_t inode;
	struct stat status;
	uint32_t use;	  /* enum file_use, as announced */
	int is_changeable; /* mapped shared: stores change it */
	int is_written_shared; /* mapped shared and writable */
	int is_watched;	       /* for processes outside that share it */
	int is_changed;	   /* recorded calls have, since its snapshot */
	int lacks_data;	   /* its snapshot has none of the file's */
	uint8_t sha256[32];
	struct instruction_site *sites; /* in its code, by offset */
	size_t site_count;
	struct known_jump *jumps; /* in the order in which they were met */
	size_t jump_count;
	int has_new_jumps;
	struct made_jumps *made_jumps; /* by where it was mapped */
	char *path; /* that it was mapped by, when it has code */
	int is_outdated; /* changed since: other content has its inode */
	struct record_file *next, *next_in_bucket;
};

/* What a task mapped last: the next call often maps the same descriptor. */
struct mapped_file {
	uint32_t task; /* its serial; 0: none */
	int fd;
	uint64_t events; /* in the trace, just before that call's */
	struct record_file *file;
	char *name;
};

/* A patched instruction in an address space. */
struct patched_site {
	remote_addr addr;
	struct instruction instruction;
	uint8_t original[16];
};

/* Executable memory that was not executed yet (record_execute.c). */
struct held_range {
	remote_addr start, end;
	int protection;		  /* that the program wanted */
	struct record_file *file; /* with sites; NULL: generated code */
	uint64_t offset;	  /* in the file */
};

/* What the recorder knows of an address space. */
#define LEFT_STACKS 24u /* of the last ones */

struct space_data {
	remote_addr break_end; /* 0: not asked yet */
	remote_addr syscall_address; /* an instruction for injected calls */
	struct patched_site *sites;
	size_t site_count, site_room;
	struct held_range *held;
	size_t held_count, held_room;
	int is_joined; /* for an mremap, none of it is held */
	uint64_t next_digest; /* record_digest_is_due() */
	int is_undumpable; /* as the program believes */
	struct agent_area *agent; /* record_agent.h; NULL: none */
	struct call_sites *call_sites; /* that became jumps to it */
	int is_unpatchable; /* there must be no more of these */
	remote_addr vdso_calls[VDSO_PATCHES]; /* behind calls of ours there */
	unsigned vdso_call_count;
	remote_addr vdso_start, vdso_end; /* record_vdso.h */
	remote_addr left_stacks[LEFT_STACKS]; /* record_stacks.c; 0: none */
	size_t left_count; /* all that there were */
	int maps_shared;   /* it has mapped memory that others may see */
	int shares_files;  /* with those who have other memory */
	int has_scratch;
	uint32_t scratch_used; /* slots, a bit each */
};

/* What waitpid() said of a task while the current one ran user code. */
struct deferred_status {
	pid_t tid;
	int status;
};

struct device_list {
	dev_t *devices;
	unsigned count;
};

#define TASK_BUCKETS 1024
#define FILE_BUCKETS 1024

struct recorder {
	const struct record_options *options;
	struct trace_info info;
	struct trace_writer *writer;
	struct record_task *buckets[TASK_BUCKETS];
	struct record_task *all;
	struct record_task *next_looked_at; /* for stuck ones, among all */
	uint64_t next_look_ns;
	struct peer_watch *peers; /* record_peers.c; NULL: nothing shared */
	uint64_t interrupted_ns; /* when the keyboard's SIGINT came */
	struct record_task *ready_first, *ready_last;
	struct record_task *ahead_last; /* of those who come first, or NULL */
	unsigned *outer_domains; /* of those of Landlock, from 1 on */
	unsigned domain_count;
	int has_priorities; /* someone had a real-time policy */
	struct record_task *current;
	struct record_file *files;
	struct mapped_file mapped;
	struct record_file *file_buckets[FILE_BUCKETS]; /* by inode */
	uint32_t last_file_id, last_task_serial;
	uint64_t start_ns;
	unsigned live_tasks;
	struct deferred_status *deferred; /* stops seen while one runs */
	size_t deferred_count, deferred_room;
	struct sentence *sentences; /* record_deadly.c */
	struct vdso_copy *vdso; /* record_vdso.h */
	struct ended_tracee *ended; /* not waited for by their tracers */
	pid_t root_tgid;
	int has_root_status, root_status;
	uint64_t task_count, process_count;
	uint64_t digested_pages; /* work that digests did so far */
	cpu_set_t original_affinity, pinned;
	cpu_set_t believed_affinity; /* the program's, at first */
	uint64_t chaos_state; /* of the generator */
	int is_status_read; /* some task opened a /proc/PID/status */
	struct status_tail status_tails[STATUS_TAILS];
	unsigned next_status_tail;
	int has_own_filter;	  /* in the program, of ours */
	int traps_calls;	  /* by which they make a SIGSYS */
	int has_own_no_new_privs; /* it needs that */
	int mode_outside, filters_outside; /* that we run under */
	int is_pinned;
	int is_privileged; /* may look into any process, dumpable or not */
	enum cpu_choice cpu;
	struct stat standard[3]; /* of the session's own fds 0, 1 and 2 */
	uint64_t audit_failures;
	int is_hidden_reported; /* a task that may not be looked into */
	struct agent_shared *agent_rules; /* record_agent.h; NULL: no agent */
	struct agent_area *agent_areas;
	uint64_t slow_devices[64]; /* that were mounted before */
	unsigned slow_device_count;
	int has_seen_mounts;
	struct device_list served; /* file systems, by recorded processes, */
	struct device_list served_outside; /* and those that were before */
	uint64_t agent_calls, agent_sites; /* so far */
	uint64_t agent_failures[8]; /* by enum call_patch_failure */
	uint8_t warned[64 * 16]; /* numbers already warned about */
	char **warnings;	 /* texts that the user has seen */
	size_t warning_count;
	int stop_signal;	 /* the session was told to end */
	uint64_t asked_ns;	 /* SIGTERM came: the program is asked to end */
	uint64_t next_ask_ns;
	int failure;		 /* the trace can't be written */
	int is_cut_short;	 /* the session could not go on */
	pid_t recorder_pid;
};

static inline struct address_space *space_of(const struct record_task *task)
{
	return task->task.space;
}

static inline struct space_data *space_data_of(const struct record_task *task)
{
	return task->task.space->owner_data;
}

/* record.c */
uint64_t now_ns(void);
/* What is to be done about a stop or an end, as waitpid(2) tells it. */
int recorder_handle_status(struct recorder *recorder, pid_t tid, int status);
/* Writes the event, after the SYSCALL_ENTER of a call that it interrupts. */
int recorder_append(struct recorder *recorder, struct record_task *task,
		    struct event *event, struct effect_list *effects);
int recorder_note(struct recorder *recorder, struct record_task *task,
		  enum event_text kind, const char *text);
/* A note, and a line for the user, who sees each text once. */
int recorder_warn(struct recorder *recorder, struct record_task *task,
		  const char *text);

/* record_tasks.c */
struct record_task *recorder_find(struct recorder *recorder, pid_t tid);
struct record_task *recorder_add(struct recorder *recorder, pid_t tid,
				 pid_t tgid);
/* A new task is in the thread group of other. */
void recorder_join_group(struct record_task *task, struct record_task *other);
void recorder_remove(struct recorder *recorder, struct record_task *task);
void recorder_rehash(struct recorder *recorder, struct record_task *task,
		     pid_t tid);
void recorder_doom_group(struct recorder *recorder, struct record_task *dying);
void recorder_make_ready(struct recorder *recorder, struct record_task *task);
void recorder_unready(struct recorder *recorder, struct record_task *task);
/* A stop of its group that was put off is due, at the end of an event. */
void record_make_up_stop(struct record_task *task);
/* Resumes; a task that is gone is no error. */
int recorder_resume(struct record_task *task, int request, int signal);

/* record_schedule.c */
#define SLICE_NS 20000000ull /* a task's turn while others are ready */
/* How soon to look again when a signal is withheld. */
#define SOON_NS 1200000ull
/* Runs tasks until there is none, or until the recorder is told to stop. */
int recorder_loop(struct recorder *recorder);
/* Waits for the next stop of any task and handles it, now or soon. */
int recorder_wait(struct recorder *recorder, int options);
/* A stop that was seen is handled as soon as no user code runs. */
void recorder_defer(struct recorder *recorder, pid_t tid, int status);
/* True when a stop of this task was seen and put off; it is no more. */
int recorder_take_deferred(struct recorder *recorder, pid_t tid);
int recorder_has_deferred(const struct recorder *recorder, pid_t tid);
/*
 * While the current task is stopped: what happened to others while it ran has
 * its effects now.
 */
int recorder_settle(struct recorder *recorder);
/* The turn of a task, which is stopped, is over: who was woken gets theirs. */
int recorder_yield(struct recorder *recorder, struct record_task *task);
/* What it computes can't be seen by others, nor what they do by it. */
int recorder_is_alone(const struct recorder *recorder,
		      const struct record_task *task);
/*
 * From now on, with what SIGALRM did and what was blocked before; the child is
 * to restore it.
 */
void recorder_start_ticking(struct sigaction *before_out, sigset_t *mask_out);
/* It stops as soon as it can. */
void recorder_interrupt(struct record_task *task);
/* The next tick comes so soon, or sooner. */
void recorder_tick_in(uint64_t duration_ns);

/* record_turn.c */
/* How long the turns of the task are. */
uint64_t record_slice(const struct record_task *task);
/* What we had of the processor, and what the process of the task had. */
uint64_t record_own_time(void);
uint64_t record_process_time(const struct record_task *task);
void record_mark_time(const struct record_task *task, struct time_mark *mark);
/* Whatever it has had. */
void record_end_turn(struct record_task *task);
/*
 * Another one's turn begins.  That of the task is over, or goes on when it has
 * waited: who waits often has no more of the processor than others.
 */
void record_leave_turn(struct record_task *task);
void record_begin_turn(struct record_task *task);
/* Until the task has used so much since the mark: 0 when it has. */
uint64_t record_time_left(const struct record_task *task,
			  const struct time_mark *mark, uint64_t limit_ns);
/* The same since its turn began. */
uint64_t record_turn_left(struct record_task *task, uint64_t limit_ns);
/* Hardly anybody else had it since then. */
int record_has_processor(struct record_task *task);

/* record_launch.c */
/* Starts the command; it is stopped at its exec. */
int record_launch(struct recorder *recorder, pid_t *child_out);
/* After the writer's thread was made, which goes on using all cores. */
void record_pin(struct recorder *recorder, pid_t child);
/* What is known of the session at its start, for trace.json. */
void record_describe(struct recorder *recorder);

/* record_call.c */
int record_syscall_entry(struct recorder *recorder, struct record_task *task);
int record_syscall_exit(struct recorder *recorder, struct record_task *task);
/* Lets the call run: where the task is then depends on whose turn it is. */
int record_resume_call(struct recorder *recorder, struct record_task *task);
/* The call, at our filter's stop, is not made but has this result. */
int record_call_unmade(struct recorder *recorder, struct record_task *task,
		       int64_t result);
/* The call that task->entry has begins; inputs are saved. */
int record_call_begins(struct record_task *task);
/* Then it is made, or answered. */
int record_call_goes_on(struct recorder *recorder, struct record_task *task);
/* The kernel makes the call again, which the program did not see return. */
int record_call_restarts(struct recorder *recorder, struct record_task *task);
/* Makes the task run its system call instruction once more. */
int record_repeat_call(struct recorder *recorder, struct record_task *task,
		       int number);
int record_announce_call(struct recorder *recorder, struct record_task *task);
int record_blocked_call(struct recorder *recorder, struct record_task *task);
/*
 * A call with many effects is announced, and those so far go out in an event of
 * their own: the recorder's memory is bounded.
 */
int record_flush_effects(struct recorder *recorder, struct record_task *task);
int record_killed_call(struct recorder *recorder, struct record_task *task);
int record_interrupted_call(struct recorder *recorder,
			    struct record_task *task);

/* record_futex.c */
/* Memory at the entry of a wait, whose word the agent has seen. */
struct expected_word {
	struct memory memory;
	struct memory *below;
	remote_addr addr;
	uint32_t word;
};
/* That, or below for any other call. */
struct memory *record_expected_word(const struct record_task *task,
				    struct expected_word *expected,
				    struct memory *below);
/* True when the task, at the entry of its call, is ready instead. */
int record_wait_begins_late(struct recorder *recorder, struct record_task *task,
			    int *err_out);
/* Its turn has come. */
int record_run_late_wait(struct recorder *recorder, struct record_task *task);
/* All such waits begin, but the current task goes on. */
int record_begin_late_waits(struct recorder *recorder);

/* record_call_hooks.c */
/* At a call's entry; when it has its result; and when that is the program's. */
int record_hook_entry(struct recorder *recorder, struct record_task *task);
void record_hook_result(struct recorder *recorder, struct record_task *task);
int record_hook_exit(struct recorder *recorder, struct record_task *task);
/* It is made with these; the program gets its own registers back. */
int record_change_call(struct record_task *task, struct registers *changed);
/* What the kernel gets for a third argument of a call on a range. */
uint64_t record_advice(const struct record_task *task);
/* The call isn't made; the program gets this result. */
int record_answer(struct record_task *task, int64_t result);
/* The call isn't made; the program gets result, the reader a warning. */
int record_refuse(struct recorder *recorder, struct record_task *task,
		  int64_t result, const char *text);

/* record_audit.c */
void record_audit_entry(struct recorder *recorder, struct record_task *task);
int record_audit_exit(struct recorder *recorder, struct record_task *task);
/* Says once, by name, that the call has no row. */
int record_unknown_call(struct recorder *recorder, struct record_task *task);

/* record_image.c */
int record_image(struct recorder *recorder, struct record_task *task,
		 struct effect_list *effects);

/* record_file.c */
/* The flags of a descriptor as open(2) has them; 0 when they can't be seen. */
unsigned long record_open_flags(const struct record_task *task, int fd);
/*
 * The file behind fd, with a snapshot of it unless its content is known to be
 * unchanged; adds EFFECT_FILE when it is new to the trace or newly used so.
 */
int record_file_of(struct recorder *recorder, struct effect_list *effects,
		   int fd, const struct stat *status, const char *label,
		   uint32_t use, struct record_file **file_out);
struct record_file *record_file_find(struct recorder *recorder, dev_t device,
				     ino_t inode);
struct record_file *record_file_from_bytes(struct recorder *recorder,
					   struct effect_list *effects,
					   dev_t device, ino_t inode,
					   const void *bytes, size_t length,
					   const char *label, uint32_t use);
void record_files_free(struct recorder *recorder);
/* A descriptor of the task, duplicated; negative errno on failure. */
int task_descriptor(const struct record_task *task, int fd);
int task_descriptor_stat(const struct record_task *task, int fd,
			 struct stat *status_out);
ssize_t task_descriptor_text(const struct record_task *task, int fd,
			     char *text, size_t room);
/* After a call that wrote: FILE_WRITE, FILE_SIZE, OUTPUT, ... effects. */
void record_splice_entry(struct recorder *recorder, struct record_task *task);
int record_file_changes(struct recorder *recorder, struct record_task *task);

/* record_sites.c */
/* Fills in the file's sites; its content and status are what fd has. */
void record_find_sites(struct recorder *recorder, struct record_file *file,
		       int fd);

/* record_jumps.c */
struct process_map;
/* The file mapped there, if what is known of its content holds; or NULL. */
struct record_file *record_jumps_file(struct recorder *recorder,
				      const struct process_map *map);
/* Those of earlier recordings. */
void record_jumps_recall(struct recorder *recorder, struct record_file *file);
/* An instruction stopped: how many times in all, in whatever process. */
unsigned record_jumps_count(struct record_file *file, uint64_t offset);
/* How it is made a jump, or 0. */
uint64_t record_jumps_way(const struct record_file *file, uint64_t offset);
/* It became one. */
void record_jumps_learn(struct record_file *file, uint64_t offset,
			uint64_t way);
/* At the end, for later recordings. */
void record_jumps_remember(struct recorder *recorder);

/* record_jumps_again.c */
void record_jumps_free(struct record_file *file);

/* record_sparse.c */
/* So much of it is hole that its data is to follow an empty snapshot. */
int record_is_sparse(const struct stat *status, uint32_t use);
/*
 * FILE_WRITE effects of the task, with what data the file holds in the range.
 * The first ones may go out as events before the one that the call makes.
 */
int record_file_data(struct recorder *recorder, struct record_task *task,
		     struct record_file *file, int fd, uint64_t offset,
		     uint64_t length);

/* record_signal.c */
int record_signal_stop(struct recorder *recorder, struct record_task *task,
		       int signal);
int record_deliver_withheld(struct recorder *recorder,
			    struct record_task *task);
/* Signals that a restarted call must not meet again are let in again. */
void record_restore_mask(struct record_task *task, struct record_task *also);
int record_only_ignored_pending(const struct record_task *task);
/* Its rt_sigtimedwait has a signal that it would not without us: call again. */
int record_has_no_signal(struct record_task *task);
/* The task, in user code, is where its last event has left it. */
int record_is_at_event(const struct record_task *task,
		       const struct registers *registers);
/* At the stop of a signal: delivers this one, as far as the task takes it. */
int record_signal_deliver(struct recorder *recorder, struct record_task *task,
			  const siginfo_t *info);
enum signal_outcome record_signal_outcome(const struct record_task *task,
					  const siginfo_t *info);
/* A signal that the kernel has for the task now. */
int record_is_pending(const struct record_task *task);
/* A bit each. */
uint64_t record_ignored_signals(const struct record_task *task);
/* Whether this one is, blocked or not. */
int record_has_pending(const struct record_task *task, int signal);
/* The signal, which stopped the task within the agent, waits for its end. */
void record_withhold_here(struct recorder *recorder, struct record_task *task,
			  const siginfo_t *info);
/* True when the signal that stopped it was one to withhold, and is. */
int record_withhold(struct recorder *recorder, struct record_task *task,
		    int signal);
/* A withheld signal that a handler could take now, or NULL. */
const struct withheld_signal *
record_deliverable(const struct record_task *task);
/* Delivers it: the task is at a POINT, stopped after a step. */
int record_deliver_at_point(struct recorder *recorder,
			    struct record_task *task);
void withheld_free(struct record_task *task);

/* One that would have ended it, were it not traced; 0: none. */
int record_deadly_pending(const struct record_task *task);

/* record_deadly.c */
/* True when the task waited in spite of such a signal: its process ends. */
int record_end_deadly_wait(struct recorder *recorder, struct record_task *task);
/* How it ended, as others shall see it. */
int record_deadly_status(const struct record_task *task, int status);
void record_deadly_siginfo(const struct recorder *recorder,
			   const struct record_task *task, siginfo_t *info);
/* At the end of a call, if it waits: what that told of such a process. */
void record_deadly_waited(struct recorder *recorder, struct record_task *task);
/* Its number is another's now. */
void record_sentence_forget(struct recorder *recorder, pid_t tgid);
void record_sentences_free(struct recorder *recorder);

/* record_peers.c */
/* The program maps the file shared, for the first time (so). */
void record_watch_peers(struct recorder *recorder, dev_t device, ino_t inode,
			const char *name, int is_written);
/* Once a tick: says who was found. */
int record_report_peers(struct recorder *recorder);
void record_end_peers(struct recorder *recorder);

/* record_stuck.c */
/* Its call is a vfork, whose child has the memory meanwhile. */
int record_waits_for_child(const struct record_task *task);
/* The call that the task sleeps in, as the kernel says it (proc(5)). */
struct kernel_call {
	long number; /* -1: none */
	uint64_t arguments[SYSCALL_ARGUMENTS];
	remote_addr stack, instruction;
};
int record_kernel_call(const struct record_task *task,
		       struct kernel_call *call_out);
/* Once a tick: says which tasks never return; ^C ends them. */
int record_look_for_stuck(struct recorder *recorder);

/* record_point.c */
/* Once a tick, for a task in user code: a signal has waited long enough. */
int record_wants_point(const struct record_task *task);
/* The task, in user code, was interrupted to take one (task->point_wanted). */
int record_point(struct recorder *recorder, struct record_task *task);

/* record_priority.c */
/* A call that is about the policy of a task finds the real one there. */
void record_priority_entry(struct recorder *recorder, struct record_task *task);
void record_priority_exit(struct recorder *recorder, struct record_task *task);
void record_priority_inherit(const struct record_task *parent,
			     struct record_task *child);
/* It goes on without us. */
void record_priority_restore(const struct record_task *task);
/* It would run on one of the cores that the program sees. */
int record_has_core(const struct recorder *recorder,
		    const struct record_task *task);
/* The next that is ready and would run. */
struct record_task *record_next_in_line(const struct recorder *recorder);

/* record_stacks.c */
/* The pointers of all stacks in the task's memory; its own is given. */
size_t record_find_stacks(const struct recorder *recorder,
			  const struct record_task *task, remote_addr pointer,
			  remote_addr stacks[MEMORY_DIGEST_STACKS]);
/* The thread ends; others keep its memory. */
void record_stacks_leave(const struct record_task *task);
/* A forked child has the stacks of all threads, but one thread. */
void record_stacks_copied(const struct recorder *recorder,
			  const struct record_task *parent,
			  struct record_task *child);
/* A handler starts, with this stack pointer. */
void record_stacks_signal(struct record_task *task, remote_addr pointer);
/* At the end of a sigaltstack(2): another one is in use from here on. */
void record_stacks_set(struct record_task *task);
/* A thread starts there. */
void record_stacks_taken(struct record_task *task, remote_addr pointer);

/* record_life.c */
int record_clone_event(struct recorder *recorder, struct record_task *task,
		       int event);
/* A stop or the end of a task that no event has told of. */
int record_new_task(struct recorder *recorder, struct record_task *task,
		    int status);
/* CLONE_UNTRACED is out of clone3's flags in memory while the call runs. */
void record_clone_entry(struct record_task *task);
void record_clone_exit(struct record_task *task);
int record_exec_entry(struct recorder *recorder, struct record_task *task);
int record_exec_event(struct recorder *recorder, struct record_task **task);
int record_exec_exit(struct recorder *recorder, struct record_task *task);
int record_exit_event(struct recorder *recorder, struct record_task *task);
/*
 * A leader that was killed while it stood still, and was then resumed from its
 * PTRACE_EVENT_EXIT instead (task_wait): no stop says so, and its death is
 * reported only after that of all its threads, which may wait for it here.
 */
int record_leader_gone(struct recorder *recorder, struct record_task *task);
int record_death(struct recorder *recorder, struct record_task *task,
		 int status);
int record_die_of_fault(struct recorder *recorder, struct record_task *task,
			const siginfo_t *info);
/* True when it is time for one, by the work that the program did since. */
int record_digest_is_due(const struct recorder *recorder,
			 const struct record_task *task);
int record_digest(struct recorder *recorder, struct record_task *task,
		  uint64_t limit_pages);

/* record_inject.c */
/* Other than ours: filters that may not know what numbers we put there. */
int record_has_filter(const struct record_task *task);
/* Resumes to the next syscall-stop; -ESRCH when the task is killed before. */
int record_to_syscall_stop(struct record_task *task);
/*
 * The call at whose entry the task is, is not made: it stands at that call's
 * exit then.  -ESRCH when it is killed before.
 */
int record_leave_call(struct record_task *task);
/* From there back to its instruction, and on, with a signal or 0. */
int record_call_anew(struct recorder *recorder, struct record_task *task,
		     int signal);
/*
 * Makes the task, which is at a syscall-exit-stop, perform a call and puts its
 * registers back.  Returns the call's result, or -ESRCH.
 */
int64_t record_inject(struct record_task *task, remote_addr syscall_address,
		      int number, const uint64_t arguments[6]);
/*
 * Runs code of ours there instead, up to a call at which our own filter stops;
 * visit sees it there, then it is made.  The task has no other filters.
 * -ESRCH when it is killed.
 */
int record_inject_code(struct record_task *task, remote_addr start,
		       void (*visit)(struct record_task *task,
				     const struct registers *registers,
				     void *context),
		       void *context);

/* record_namespace.c */
/* Finds out the task's ids, in our pid namespace and its own. */
void record_read_pids(struct record_task *task);
/* After a call that may have made it another user. */
int record_identity_exit(struct recorder *recorder, struct record_task *task);
/* The task that this pid, of its own namespace, means to another; or NULL. */
struct record_task *recorder_find_seen(struct recorder *recorder,
				       const struct record_task *by, pid_t pid);
/* The other way round: 0 where it has none. */
pid_t recorder_seen_tid(const struct record_task *by,
			const struct record_task *task);
/*
 * True for a signal whose default action the first process of a pid namespace
 * is spared; and the mask of all such signals that may be pending now.
 */
int record_is_spared(const struct record_task *task, const siginfo_t *info);
uint64_t record_spared_signals(const struct record_task *task);

/* record_path.c */
/*
 * Where a path leads the task, as an O_PATH descriptor or a negative errno; the
 * directory is a descriptor of the task's, or AT_FDCWD.  -EDEADLK: to a file
 * system that a recorded process serves, which is not asked.
 */
int record_open_path(const struct recorder *recorder,
		     const struct record_task *task, int directory,
		     const char *path);
/* The same for a path in the task's memory. */
int record_open_argument(const struct recorder *recorder,
			 const struct record_task *task, int directory,
			 remote_addr addr);

/* record_scratch.c */
/* Memory as the call's outputs are in it, wherever the kernel put them. */
struct scratch_memory {
	struct memory memory;
	struct record_task *task;
};
struct scratch_memory record_call_memory(struct record_task *task);
int record_scratch_is_redirected(const struct record_task *task,
				 remote_addr addr);
/* At the entry: redirects the call's outputs if they need it. */
void record_scratch_entry(struct recorder *recorder, struct record_task *task);
/* A restarted call's arguments point to the scratch again, or back. */
void record_scratch_apply(struct record_task *task);
void record_scratch_undo(struct record_task *task, struct registers *now);
void record_scratch_release(struct record_task *task);

/* record_orders.c */
/* Handles, from now on, signals that others send to the recorder. */
void record_catch_orders(struct sigaction before_out[NSIG]);
/* Undoes it, in a child. */
void record_release_orders(const struct sigaction before[NSIG]);
/* Obeys what has come; to be called between a stop and what is done at it. */
void record_take_orders(struct recorder *recorder);
/* Asks the program to end after we were; called at each tick. */
void record_pass_termination(struct recorder *recorder);
int record_before_kill(struct recorder *recorder, struct record_task *task);
/* record_ptrace.c */
/* The task, whose turn it is, goes on with signal in user code. */
int record_run_task(struct recorder *recorder, struct record_task *task,
		    int signal);
/* As PTRACE_SYSCALL or PTRACE_SINGLESTEP are due for the task. */
int record_run_request(struct record_task *task);
/* False where the task must go step by step, or to what is watched. */
int record_may_run_ahead(const struct record_task *task);
/* User code goes on after the next stop of enum trace_due, if one is due. */
int record_go_on(struct recorder *recorder, struct record_task *task,
		 unsigned due);
/*
 * Stops for the task's tracer, where that wants one: true, and *err_out.  The
 * task is at the entry of a call, ...
 */
int record_stops_at_entry(struct recorder *recorder, struct record_task *task,
			  int *err_out);
/* at the end of one that will be restarted, */
int record_stops_at_restart(struct recorder *recorder,
			    struct record_task *task, int *err_out);
/* in a fork, vfork or clone, */
int record_stops_at_clone(struct recorder *recorder, struct record_task *task,
			  int event, const struct record_task *child,
			  int *err_out);
/* in a group-stop, or where PTRACE_INTERRUPT brought it, */
int record_stops_in_group(struct recorder *recorder, struct record_task *task,
			  int signal, int *err_out);
/* or at its end. */
int record_stops_dying(struct recorder *recorder, struct record_task *task,
		       int *err_out);
/* At a signal: event says where it is, info what the signal is. */
int record_stop_at_signal(struct recorder *recorder, struct record_task *task,
			  const siginfo_t *info, struct event *event);
int record_seccomp_event(struct recorder *recorder, struct record_task *task);
/* It is traced by one who is told what filters trace. */
int record_has_seccomp_tracer(const struct record_task *task);
/* A task was made: it may be traced from birth on. */
void record_trace_birth(struct record_task *maker, struct record_task *child,
			uint64_t clone_flags, int event);
/* It execs, and was a thread of this tid before. */
void record_trace_exec(struct record_task *task, pid_t former_tid);
/* SIGKILL is about to end its stop: true when it was in one. */
int record_trace_doom(struct record_task *task);
/* It was traced, or traced others. */
void record_trace_end(struct recorder *recorder, struct record_task *task);
/* The task is gone, with this status for those who wait. */
void record_trace_ended(struct recorder *recorder, struct record_task *task,
			int status);

/* record_wait.c */
int record_wait_entry(struct recorder *recorder, struct record_task *task);
/* At an exit-stop: what the tracer waits for, instead of the kernel's result */
enum wait_end { WAIT_RETURNS, WAIT_GOES_ON };
enum wait_end record_wait_exit(struct recorder *recorder,
			       struct record_task *task,
			       struct registers *now, int *err_out);
/* The wait of a tracer goes on; false when it has its result already. */
void record_wait_restarts(struct recorder *recorder, struct record_task *task);
/* SIGCHLD as the kernel would have sent it. */
void record_wait_siginfo(struct recorder *recorder,
			 const struct record_task *task, siginfo_t *info);

/* record_scratch.c: where the call's output at addr is now */
remote_addr record_scratch_address(const struct record_task *task,
				   remote_addr addr);

/* record_detach.c */
void record_detach_all(struct recorder *recorder);

#endif
