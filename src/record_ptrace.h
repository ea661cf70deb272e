/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2) among the recorded tasks.  The kernel gives each task one tracer,
 * and that is the recorder; a tracer in the program gets the same stops, waits
 * and requests from us.
 *
 *   record_ptrace.c          stops: when the tracee stops, and how it goes on
 *   record_ptrace_request.c  the requests of ptrace(2)
 *   record_wait.c            wait4(2) and waitid(2) of a tracer
 *
 * A stop is only made where replay finds the task again: at an event, at a
 * fault, after a single step.  There the task stays in the stop that the kernel
 * has it in, so that most requests can be the kernel's own.
 */
#ifndef REEL_RECORD_PTRACE_H
#define REEL_RECORD_PTRACE_H

#include "src/recorder.h"

enum trace_stop {
	STOP_NONE,	 /* it runs, as far as its tracer knows */
	STOP_ENTRY,	 /* of a system call */
	STOP_EXIT,
	STOP_SECCOMP,	 /* a filter said SECCOMP_RET_TRACE */
	STOP_CLONE,	 /* fork, vfork, clone, in the call */
	STOP_VFORK_DONE,
	STOP_EXEC,
	STOP_SIGNAL,
	STOP_GROUP,	 /* the thread group is stopped */
	STOP_TRAP,	 /* PTRACE_INTERRUPT, or the begin of a seized task */
	STOP_DYING,	 /* PTRACE_EVENT_EXIT */
};

/* Stops that are due where the task is now, made in this order. */
enum trace_due {
	DUE_VFORK_DONE = 1,
	DUE_EXEC = 2,
	DUE_EXIT = 4,	     /* a call ended: a stop, or a step is done */
	DUE_EXEC_SIGNAL = 8, /* SIGTRAP after exec, for want of DUE_EXEC */
	DUE_STEP = 16,	     /* a step is done, if it was one */
	DUE_BIRTH = 32,	     /* the first stop of a task that was born traced */
	DUE_TRAP = 64,	     /* PTRACE_INTERRUPT was asked for */
};

struct tracing {
	struct record_task *tracer; /* NULL: not recorded, or let go */
	int is_seized;
	int is_detached; /* it is over as soon as the task goes on */
	uint64_t options; /* PTRACE_O_* */
	int mode;	  /* the request that lets or let it run */
	unsigned due;	  /* enum trace_due */

	enum trace_stop stop;
	int is_resumed; /* goes on when it is its turn */
	int is_listening; /* PTRACE_LISTEN */
	int status;	  /* as waitpid(2) has it */
	int has_status;	  /* nobody waited for it yet */
	unsigned long message; /* PTRACE_GETEVENTMSG */
	siginfo_t info;
	int is_signal_stop; /* the kernel's stop is one, too */
	int signal;	    /* to be delivered when it goes on */
	struct registers shown; /* to the tracer, at the stop */
	struct registers held;	/* the kernel's, which the call needs */
	int is_xstate_changed;
	uint64_t debug_registers[8]; /* as the tracer set them */

	int is_entry_due; /* after the stop for PTRACE_INTERRUPT there */
	int is_call_skipped; /* PTRACE_SYSEMU */
	int is_own_child; /* of the tracer: the kernel tells of its end */
	pid_t seen_tid;	  /* the tracee's, to the tracer */
	pid_t group;	  /* process group and user, when it began */
	uid_t uid;

	int is_stepping; /* the kernel steps it */
	int passed_signal; /* sent by us for the tracer: no stop, */
	int is_passed_told; /* or, as the kernel sends it, one */
	siginfo_t passed;
};

/* What is left to wait for of a tracee that is gone. */
struct ended_tracee {
	struct record_task *tracer;
	pid_t seen_tid, group;
	uid_t uid;
	int status;
	struct ended_tracee *next;
};

static inline int is_traced(const struct record_task *task)
{
	return task->tracing && task->tracing->tracer;
}

static inline int is_in_trace_stop(const struct record_task *task)
{
	return task->tracing && task->tracing->stop != STOP_NONE &&
	       !task->tracing->is_resumed;
}

/* ---- record_ptrace.c ---- */

struct tracing *record_trace(struct record_task *tracee,
			     struct record_task *tracer, int is_seized,
			     uint64_t options);
/* The task goes on when it is its turn; mode is a request of ptrace(2). */
int record_trace_resume(struct recorder *recorder, struct record_task *task,
			int mode, int signal);
void record_trace_detach(struct recorder *recorder, struct record_task *task,
			 int signal);
/* The task that a tracer took is in a group-stop: it shall see that. */
int record_trace_group_stop(struct recorder *recorder,
			    struct record_task *task);
/* An event of the tracee's for what its tracer did. */
int record_trace_change(struct recorder *recorder, struct record_task *task,
			struct effect_list *effects);

/* ---- record_ptrace_request.c ---- */

/* The ptrace call of this task, at its entry. */
int record_ptrace_entry(struct recorder *recorder, struct record_task *task);

/* ---- record_wait.c ---- */

/* A stop or an end that tracer can wait for: SIGCHLD, and a waiter wakes. */
void record_wait_notify(struct recorder *recorder,
			const struct tracing *tracing, int code, int status);
/* Calls that wait look again: there may be nobody left to wait for. */
void record_wait_wake(struct recorder *recorder, struct record_task *tracer);

#endif
