/* SPDX-License-Identifier: MIT */
/*
 * A replay that goes forwards and backwards, for a debugger.
 *
 * A position is the number of the event that comes next and a trail: what its
 * task did since the event before.  Going back is going there again from the
 * last checkpoint before it, which is exact because a trail says it exactly: so
 * many arrivals at an instruction, so many steps from there.
 *
 *   timeline.c       positions, passes over the trace
 *   timeline_run.c   looks on while a task runs to its event
 *   timeline_state.c  places in the middle of computing, known by their state
 *   timeline_back.c  reverse execution
 *   timeline_checkpoint.c  where it need not begin from the beginning
 *   timeline_held.c  whose stops the debugger does not want
 *   debug_image.c    the programs of the processes
 *   task_name.c      the names of the tasks
 */
#ifndef REEL_TIMELINE_H
#define CATCHES_MAX 1024u
#define REEL_TIMELINE_H

#include "replay/breakpoint.h"
#include "replay/point_trap.h"

#define LEGS_MAX 48u
#define ATTACHED_MAX 64u
#define RESUMED_MAX 16u
#define SHOWN_MAX 256u

enum leg_kind {
	LEG_STEPS, /* count instructions */
	LEG_BREAK, /* count arrivals at address, the first may be at once */
	LEG_WATCH, /* count accesses to watched memory */
	LEG_STATE, /* to this very state */
	LEG_END,   /* where the event is; its effects come next */
};

/* For LEG_STATE. */
struct debug_state {
	struct registers registers;
	uint64_t vectors, memory; /* digests */
};

struct leg {
	enum leg_kind kind;
	enum break_kind watch;
	int is_soft; /* struct breakpoint's, which counts other accesses */
	uint64_t length;
	uint64_t count;
	remote_addr address;
	struct debug_state state;
};

struct position {
	uint64_t event; /* those before it have been replayed */
	size_t leg_count;
	struct leg legs[LEGS_MAX];
};

enum stop_kind {
	STOP_NONE,
	STOP_STEP,
	STOP_BREAK,
	STOP_WATCH,
	STOP_SIGNAL,
	STOP_INTERRUPT,
	STOP_BEGIN,	/* nothing of the process before this */
	STOP_END,	/* nothing behind */
	STOP_FORK,
	STOP_VFORK,
	STOP_VFORK_DONE,
	STOP_EXEC,
	STOP_EXITED,
	STOP_CALL_ENTRY,
	STOP_CALL_RETURN,
};

struct debug_stop {
	enum stop_kind kind;
	pid_t process, thread; /* recorded */
	int number;	       /* of a signal or system call; wait status */
	enum break_kind watch;
	remote_addr address;
	pid_t child;
	const char *path;      /* EXEC; belongs to the timeline */
};

/* A thread; 0: any of the process, in any process. */
struct resumption {
	pid_t process, thread;
};

/* The program of a process from an event on. */
struct debug_image {
	uint64_t event;
	uint64_t program; /* number of the exec, which a fork keeps */
	pid_t process;
	int is_exec; /* not a fork, which has its parent's */
	char *path;	/* as in /proc/PID/exe */
	char *arguments; /* as in /proc/PID/cmdline; "" without any */
	size_t arguments_length;
	uint8_t *auxv;
	size_t auxv_length;
};

/* A place to come back to, and the replay as it is there. */
struct place {
	struct checkpoint *state; /* NULL: it must be gone to */
	struct position position;
	uint32_t vforked;
	int is_fine; /* one of many, near to each other */
};

/* timeline_checkpoint.c */
struct timeline_checkpoints {
	/* In the order of the execution; the first is its beginning. */
	struct place *places;
	size_t count;
	struct place near; /* one more, which was costly to come to */
	size_t base;	   /* of places: the last that is before now */
	size_t bound;	   /* of places: it is behind the target; or 0 */
	size_t start;	   /* of places: it is needed, too */
	uint64_t interval_ns, base_ns; /* between them; when it was at base */
	uint64_t due_ns;	       /* when the last one was begun */
	uint64_t shot_ns; /* a pass ends after so long with one; or 0 */
	int is_taken;	  /* it did */
	uint64_t run_ns;  /* that tasks ran in the pass */
	int is_interval_given; /* by the person */
	volatile int is_due;
};

enum pass_mode {
	PASS_STOPS,   /* at the first thing that the debugger wants to see */
	PASS_RECORDS, /* the last such thing before the target */
	PASS_FOLLOWS, /* to the target, whatever is on the way */
	PASS_COUNTS,  /* steps of a task, until it meets pass.until */
};

struct timeline {
	struct replay_watcher watcher; /* first */
	struct replay_options options;
	struct replay_summary summary;
	struct replayer *replayer;
	struct trace_reader *browser; /* looks at events elsewhere */
	struct position now, begin;
	struct breakpoints breakpoints;
	pid_t attached[ATTACHED_MAX];
	size_t attached_count;
	uint8_t is_passed[128]; /* signals that are not stopped for */
	uint32_t catches[CATCHES_MAX]; /* numbers of system calls that are */
	size_t catch_count;
	int catches_calls, catches_all; /* whatever number they have */
	int reports_forks, reports_vforks, reports_execs;
	struct resumption resumed[RESUMED_MAX];
	size_t resumed_count; /* 0: all are */
	struct resumption shown[SHOWN_MAX]; /* stopped, for the debugger */
	size_t shown_count;
	struct debug_image *images;
	size_t image_count;

	/* Of the pass that is going on. */
	enum pass_mode mode;
	struct position *target; /* NULL: none */
	uint64_t leg_hits;
	int is_reached;
	int has_run;  /* a task, since now was set by an event */
	int is_at_leg; /* none, since now's last leg was done */
	int is_part; /* RECORDS: more follows behind the target */
	struct debug_stop stop;
	struct debug_stop next_stop; /* at this very place; or NONE */
	struct position found; /* RECORDS: the last one, and what it was */
	struct debug_stop found_stop;
	uint32_t stepped;	     /* serial of a task; 0: none */
	remote_addr range_start, range_end; /* step as long as it is there */
	remote_addr left; /* stepped: shown as its place before; or 0 */
	const struct leg *until;     /* COUNTS */
	uint64_t steps;
	/* COUNTS: the last ones to code of the program; UINT64_MAX: none */
	uint64_t outside, outside_before;
	uint64_t notices_left;	/* RECORDS: after which it is cut; 0: none */
	remote_addr count_at;	/* FOLLOWS: arrivals are counted; 0: none */
	uint64_t count_event;	/* in this one */
	uint64_t count;
	int cut;		/* why the pass was not finished, or 0 */
	const char *message;	/* for the person; NULL: none */
	uint32_t vforked;	     /* serial of a parent in vfork */
	volatile int is_interrupted;
	volatile pid_t running; /* process to be stopped by an interrupt */
	int is_lost; /* after an error nothing is known */
	struct timeline_checkpoints checkpoints;
};

/* Starts before the first event. */
int timeline_open(const char *trace_path, struct timeline **timeline_out);
void timeline_close(struct timeline *timeline);

/* From a signal handler: what runs stops soon. */
void timeline_interrupt(struct timeline *timeline);

/* The task whose turn it is, or any that is attached; NULL: none lives. */
struct replay_task *timeline_current(struct timeline *timeline);
struct replay_task *timeline_task(struct timeline *timeline, pid_t thread);
int timeline_is_attached(const struct timeline *timeline, pid_t process);
void timeline_attach(struct timeline *timeline, pid_t process);
void timeline_detach(struct timeline *timeline, pid_t process);

/*
 * All of these return 0 with what happened in timeline->stop, or negative when
 * the replay failed: then the timeline is lost.
 */

/* Forwards; with a thread, one instruction of it, or through [start, end). */
int timeline_continue(struct timeline *timeline);
int timeline_step(struct timeline *timeline, pid_t thread, remote_addr start,
		  remote_addr end);
int timeline_reverse_continue(struct timeline *timeline);
int timeline_reverse_step(struct timeline *timeline, pid_t thread);

/*
 * Where a pass that went on from here gave up with -EAGAIN, since the machine
 * lost what of the watched memory was met, goes there and on again, with no
 * debug registers; otherwise returns err.
 */
int timeline_carefully(struct timeline *timeline, const struct position *here,
		       int err, int (*go_on)(struct timeline *timeline));
/* To a position, or behind an event. */
int timeline_go(struct timeline *timeline, const struct position *target);
/*
 * To where this process (0: any) has executed a program (name; NULL: any),
 * which is where history begins.  With exec, to where the process executes that
 * one; what it did before is there to go back to.  Names are those of programs,
 * memfds, or arguments 0.
 */
int timeline_go_to_exec(struct timeline *timeline, pid_t process,
			const char *name, const char *exec);

/* Whether the debugger wants to see calls of this number. */
int timeline_catches(const struct timeline *timeline, int number);
uint64_t timeline_program(const void *timeline, pid_t process);
/* The program of the process, or NULL. */
const struct debug_image *timeline_image(const struct timeline *timeline,
					 pid_t process);

/* The event, which lives until the next call of this; negative, reported. */
int timeline_browse(struct timeline *timeline, uint64_t number,
		    struct event *event_out);

/* ---- among the timeline's own files ---- */

void position_append(struct position *position, const struct leg *leg);
int timeline_one_event(struct timeline *timeline);
int timeline_pass(struct timeline *timeline, enum pass_mode mode,
		  struct position *target);
/* Whether a pass that goes on from a comes to b. */
int position_leads_to(const struct position *a, const struct position *b);
int timeline_run(const struct replay_watcher *watcher,
		 struct replayer *replayer, struct replay_task *task,
		 int *status_out);
int timeline_reach(const struct replay_watcher *watcher,
		   struct replayer *replayer, struct replay_task *task,
		   const struct event *event);
/* As timeline_go(), but REPLAY_STOPPED when there is no such place. */
int timeline_try(struct timeline *timeline, const struct position *target);
/* What the debugger wants to see happened: REPLAY_STOPPED or 0. */
int timeline_notice(struct timeline *timeline, const struct leg *leg,
		    const struct debug_stop *stop);

/* timeline_held.c: whom the debugger resumes; before all that follows. */
void timeline_resume_all(struct timeline *timeline);
void timeline_resume_only(struct timeline *timeline,
			  const struct resumption *resumed, size_t count);
/* Whether it wants no such stop of that thread. */
int timeline_is_held(const struct timeline *timeline,
		     const struct debug_stop *stop);
/* It has been told. */
void timeline_show(struct timeline *timeline, const struct debug_stop *stop);

/* timeline_checkpoint.c */
int timeline_checkpoints_init(struct timeline *timeline);
void timeline_checkpoints_deinit(struct timeline *timeline);
/* While a pass runs, one becomes due now and then. */
void timeline_checkpoints_start(struct timeline *timeline);
void timeline_checkpoints_stop(void);
/* now is an event further. */
void timeline_checkpoints_pass(struct timeline *timeline);
/* One is taken between events when it is due. */
void timeline_checkpoints_between(struct timeline *timeline);
/* Whether one is due, in the middle of an event. */
int timeline_checkpoints_is_due(struct timeline *timeline);
/* now is a state; trap is what is set for the event, or NULL. */
void timeline_checkpoints_add(struct timeline *timeline,
			      const struct point_trap *trap);
/* The task as it is in this state; NULL: there is no such place any more. */
struct replay_task *
timeline_checkpoints_task(const struct timeline *timeline,
			  const struct debug_state *state, uint32_t serial);
/* The replay is at the last place before the target that there is. */
int timeline_checkpoints_return(struct timeline *timeline,
				const struct position *target);
/* The last of the places before the position. */
size_t timeline_checkpoints_before(const struct timeline *timeline,
				   const struct position *position);
/* A task is about to run, or has: for passes of which that matters. */
void timeline_checkpoints_resume(struct timeline *timeline, pid_t tid);
void timeline_checkpoints_stopped(struct timeline *timeline, pid_t tid);
/* A pass that ends there. */
int timeline_checkpoints_is_shot(const struct timeline *timeline);
/* Forwards, the order of what is here and of what was there is not known. */
void timeline_checkpoints_forward(struct timeline *timeline);
/*
 * Takes places nearer and nearer before the target, which begins with from:
 * both become what leads from the last of them.  After so many tries that came
 * too late it is near enough.
 */
int timeline_checkpoints_narrow(struct timeline *timeline,
				struct position *from,
				struct position *target, unsigned patience);
/* The way from a place to one behind it, as a target. */
struct position position_on_to(const struct position *from,
			       const struct position *to);
/* The place before this one, which is one, in the same event; or NULL. */
const struct position *
timeline_checkpoints_previous(const struct timeline *timeline,
			      const struct position *place);

/* ---- for the person's checkpoints ---- */

/* Of now.  Where there is no room for a state, the place has none. */
void timeline_place_take(struct timeline *timeline, struct place *place);
/* Those that are taken on the way, so often. */
void timeline_checkpoints_every(struct timeline *timeline, uint64_t ns);
void timeline_place_drop(struct timeline *timeline, struct place *place);
int timeline_place_go(struct timeline *timeline, const struct place *place);

void timeline_add_image(struct timeline *timeline, const struct event *event);
void timeline_free_images(struct timeline *timeline);
/* Of the event that was replayed. */
void timeline_follow_names(struct timeline *timeline,
			   const struct event *event);

#endif
