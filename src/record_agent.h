/* SPDX-License-Identifier: MIT */
/*
 * The agent (src/agent_layout.h) while recording:
 *
 *   record_agent.c         how it gets into a program, and when it may go on
 *   record_agent_filter.c  calls that are not its own stop
 *   record_agent_rules.c   what it is told
 *   record_agent_ring.c    what becomes of the records that it makes
 *   record_agent_stop.c    stops within
 *   record_agent_late.c    calls within that don't return
 *   record_call_site.c     how calls come to it
 *   record_site_changes.c  what becomes of these ways
 */
#ifndef REEL_RECORD_AGENT_H
#define REEL_RECORD_AGENT_H

#include "src/agent_layout.h"
#include "src/recorder.h"

/* The memory that agents of processes share with us; one for each exec. */
struct agent_area {
	struct agent_shared *shared; /* NULL: it could not be had */
	struct recorder *recorder;
	unsigned users; /* address spaces */
	uint64_t taken; /* of the ring, while the task goes on */
	uint32_t counted;	/* records before there, as the agent says */
	unsigned part;		/* of the ring, where records are made */
	int is_free[AGENT_RINGS]; /* the writer has copied the part */
	uint32_t late_stacks; /* bits: the kernel may write there */
	struct agent_area *next, *previous;
};

/*
 * In the child that becomes the program: negative errno.  The action is that
 * for calls which are not the agent's, SECCOMP_RET_TRACE or SECCOMP_RET_TRAP;
 * SECCOMP_RET_ALLOW where there is no agent.
 */
int record_agent_install_filter(uint32_t action);
char *record_agent_obstacle(void);
void record_agent_init(struct recorder *recorder);
/* At an exec. */
int record_agent_map(struct recorder *recorder, struct record_task *task);
/* After all was unmapped. */
void record_agent_release(struct agent_area *area);

/* Calls made so far without a stop get their events. */
int record_agent_drain(struct recorder *recorder, struct record_task *task);

/* How to go on in user code: a ptrace request; sets what the agent may do. */
int record_agent_request(struct record_task *task);
/* Its turn is no new one: it ends when it wakes another. */
void record_agent_may_yield(struct record_task *task);
/* Since it went on, it has woken others. */
int record_agent_has_woken(const struct record_task *task);
/* From now on the next call of the task stops; true when it may not before. */
int record_agent_stop_at_call(struct record_task *task);

int record_agent_is_inside(const struct record_task *task,
			   const struct registers *registers);
/*
 * The task stopped within the agent, or where it leaves it: true when that was
 * dealt with.
 */
int record_agent_signal(struct recorder *recorder, struct record_task *task,
			const siginfo_t *info, struct registers *registers,
			int *err_out);
/* It is out of the agent, where signals waited: it has its own mask again. */
void record_agent_unmask(struct record_task *task);
/* It was interrupted there: true when it goes on to where the agent ends. */
int record_agent_leave(struct recorder *recorder, struct record_task *task,
		       int *err_out);
/* It waits in the kernel, in a call that is its own, or may be. */
int record_agent_was_waiting(const struct registers *registers);
/*
 * The current task, which was told to stop a while ago, is in a call of the
 * agent's that the kernel holds: true when it is announced, and others may run.
 */
int record_agent_let_go(struct recorder *recorder, struct record_task *task,
			int *err_out);
/* It has returned: the stop is the one that it was told of. */
int record_agent_late_stop(struct recorder *recorder, struct record_task *task,
			   int signal);
/* It is at the entry of its call, announced before, which it makes now. */
int record_agent_late_entry(struct recorder *recorder,
			    struct record_task *task);
/* It is gone, or has returned: the kernel writes nothing any more. */
void record_agent_end_late(struct record_task *task);
/* Memory there is not as the agent mapped it: its changes must be seen. */
void record_agent_forget_plain(const struct record_task *task,
			       remote_addr start, remote_addr end);
/* Where the break ends, by the agent's calls. */
void record_agent_learn_break(const struct record_task *task);
void record_agent_set_break(const struct record_task *task, remote_addr end);
/* The file's changes must be seen. */
void record_agent_follow(struct recorder *recorder, dev_t device, ino_t inode);
/* At the entry of a call with a stop: whether it was tried without waiting. */
int record_agent_will_wait(const struct record_task *task);
/*
 * There: whether the agent made it, and could not write all of its output
 * (EFAULT).  If so, what it read becomes effects of the task's.
 */
int record_agent_has_faulted(const struct record_task *task);
int record_agent_take_inputs(struct record_task *task);
/* The answer to a CPUID that trapped. */
void record_agent_know(struct recorder *recorder, struct record_task *task,
		       const struct registers *before,
		       const struct registers *after);
/* After a call with a stop. */
void record_agent_after_call(struct recorder *recorder,
			     struct record_task *task);

/* ---- between record_agent*.c ---- */

/* By number of agent_frame of agent_inside.h. */
enum agent_frame_word {
	AGENT_FRAME_R9, AGENT_FRAME_R8, AGENT_FRAME_R10, AGENT_FRAME_RDX,
	AGENT_FRAME_RSI, AGENT_FRAME_RDI, AGENT_FRAME_RAX, AGENT_FRAME_FLAGS,
	AGENT_FRAME_CALL_END, AGENT_FRAME_CONTINUATION, AGENT_FRAME_R15,
	AGENT_FRAME_R14, AGENT_FRAME_R13, AGENT_FRAME_R12, AGENT_FRAME_RBP,
	AGENT_FRAME_RBX, AGENT_FRAME_WORDS,
};
_Static_assert(AGENT_FRAME_WORDS * 8 == AGENT_FRAME_LENGTH, "all of it");

/* Of the call that is, or was last, within the agent. */
const uint64_t *record_agent_frame(const struct agent_shared *shared);
/* Signals that waited for the agent's end come now. */
void record_agent_end_mask(struct record_task *task);

/* What is known of other mount namespaces stays. */
void record_agent_read_mounts(struct recorder *recorder, pid_t tid);
/* The rules are in every area; descriptors are looked at again. */
void record_agent_tell(struct agent_area *area);
void record_agent_learn_all(struct agent_area *area);
/* A fault of the agent's is seen where the program ignores such signals. */
void record_agent_look_at_actions(struct record_task *task);
/* From here on the agent makes records. */
void record_agent_begin_part(struct agent_area *area, unsigned part);
/* What was in the ring has its events. */
void record_agent_go_on_in_ring(struct agent_area *area);
/* -EBADMSG, reported, when the program has written where the stack is told. */
int record_agent_check_stack(const struct record_task *task);
/* The writer has read all of it. */
void record_agent_end_ring(const struct agent_area *area);

/* ---- record_call_site.c ---- */

struct call_sites;
void record_sites_release(struct call_sites *sites);
struct call_sites *record_sites_share(struct call_sites *sites);
/* At the end of a call: its instruction may become a jump to the agent. */
void record_call_site(struct recorder *recorder, struct record_task *task);
/* It trapped at addr; what becomes of it is added to the task's effects. */
void record_instruction_site(struct recorder *recorder,
			     struct record_task *task, remote_addr addr,
			     const struct instruction *instruction);
/* Where a task that met a trap of a jump goes on; 0 when it was none. */
remote_addr record_site_detour(const struct record_task *task, remote_addr rip,
			       int signal);
/*
 * A call that began at a syscall instruction which is none any more is to be
 * made again: *rip, behind it, becomes the place behind one that does, with a
 * stop, what it did.  True when it changed.
 */
int record_site_restart(const struct record_task *task, remote_addr *rip);
/* Where the program would be, in *rip: true when that is elsewhere. */
int record_site_original(const struct record_task *task, remote_addr *rip);
/* The first area of trampolines that [start, end) has a part of, or 0. */
remote_addr record_sites_area(const struct record_task *task,
			      remote_addr start, remote_addr end);
/* Those that a call went around: in replay they are there again. */
void record_sites_spared(struct record_task *task, remote_addr start,
			 remote_addr end);
/* Pages of it were dropped, and may be the file's again. */
void record_sites_discarded(struct record_task *task, remote_addr start,
			    remote_addr end);
/* The mapping is gone. */
void record_sites_unmapped(struct record_task *task, remote_addr start,
			   remote_addr end);
/* It may be written from now on. */
void record_sites_writable(struct record_task *task, remote_addr start,
			   remote_addr end);
/* Other code is there, or none; or it is now elsewhere. */
void record_sites_forget(struct record_task *task, struct effect_list *effects,
			 remote_addr start, remote_addr end);
void record_sites_moved(struct record_task *task, remote_addr from,
			uint64_t length, remote_addr to);
/* All code is as it was: who looks at it, or steps through it, sees that. */
void record_sites_undo(struct record_task *task, struct effect_list *effects);
/*
 * A program that sets the trap flag steps through code of ours: at its first
 * trap all is undone.  True where no instruction of its own was executed since
 * it set the flag, or the last trap; then it goes on, and *err_out says how.
 */
int record_sites_step(struct recorder *recorder, struct record_task *task,
		      const siginfo_t *info, struct registers *registers,
		      int *err_out);
/* The same, as an event of its own: a tracer looks at it. */
int record_sites_show(struct recorder *recorder, struct record_task *task);
/* What became of them in all, for trace.json. */
void record_sites_describe(const struct recorder *recorder,
			   struct trace_info *info);

#endif
