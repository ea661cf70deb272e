/* SPDX-License-Identifier: MIT */
/*
 * One traced thread as the kernel knows it: its registers, its memory, the ways
 * to resume it.  The recorder and the replayer both build on it.
 *
 * ptrace(2) and waitpid(2) with __WALL; every task must be in a ptrace-stop
 * for all functions but those that say otherwise.  -ESRCH means that it was
 * killed meanwhile (SIGKILL ends any stop) and is never reported: the caller
 * meets the death in waitpid().
 */
#ifndef REEL_TASK_H
#define REEL_TASK_H

#include <signal.h>
#include <sys/types.h>

#include "src/extended_state.h"
#include "src/memory.h"
#include "src/registers.h"

/* An address space: what tasks made with CLONE_VM share. */
struct address_space {
	struct memory memory; /* reads through memory_fd */
	int memory_fd;	      /* /proc/TID/mem; -1 where there is no /proc */
	pid_t tid;	      /* a stopped task that has it, to do without */
	unsigned users;	      /* tasks */
	uint64_t serial;      /* distinguishes spaces within a session */
	void *owner_data;     /* the recorder's or replayer's own */
	void (*owner_free)(void *owner_data);
};

struct address_space *address_space_create(pid_t tid);
struct address_space *address_space_share(struct address_space *space);
void address_space_release(struct address_space *space);

/* All of length bytes, or -EFAULT (not reported), or -ESRCH. */
int address_space_read(struct address_space *space, remote_addr addr,
		       void *bytes, size_t length);
int address_space_write(struct address_space *space, remote_addr addr,
			const void *bytes, size_t length);

struct task {
	pid_t tid, tgid;
	uint32_t serial; /* the trace's number for it, from 1 */
	struct address_space *space;
};

int task_get_registers(const struct task *task, struct registers *out);
int task_set_registers(const struct task *task,
		       const struct registers *registers);
/* The same when it has those before now: one or two take less than all. */
int task_change_registers(const struct task *task,
			  const struct registers *before,
			  const struct registers *registers);

/*
 * Extended registers, as a trace has them (extended_state.h).  Getting them
 * returns the length or is negative; setting them may be -EOPNOTSUPP, with the
 * component that this processor lacks.
 */
ssize_t task_get_xstate(const struct task *task,
			uint8_t bytes[EXTENDED_STATE_LENGTH]);
int task_set_xstate(const struct task *task, const void *bytes, size_t length,
		    unsigned *missing_out);

/* All extended registers of one task become the other's. */
int task_copy_xstate(const struct task *from, const struct task *to);

int task_get_siginfo(const struct task *task, siginfo_t *out);
int task_set_siginfo(const struct task *task, const siginfo_t *info);

/*
 * Whether this SIGTRAP may be of a step by the trap flag: TRAP_TRACE, or, where
 * a virtual machine loses what the processor says in DR6, TRAP_BRKPT.  The
 * kernel takes a DR6 of zero for int1 (exc_debug_user() in its
 * arch/x86/kernel/traps.c); that of int3 has SI_KERNEL.
 */
int siginfo_may_be_step(const siginfo_t *info);

int task_get_event_message(const struct task *task, unsigned long *out);

/* request: PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SYSEMU, PTRACE_SINGLESTEP. */
/*
 * Who calls this waits for stops, and wants no signal at each: a tenth of what
 * a stop costs.
 */
void task_stops_are_awaited(void);

int task_resume(const struct task *task, int request, int signal);

/* As in /proc/TID/stat: R, S, D, Z, ...; X when it is gone. */
char task_kernel_state(pid_t tid);

/*
 * Waits for this task alone; 0 with *status_out, or -ECHILD.  It may be on its
 * way to its end since SIGKILL or the exec of another thread woke it: then it
 * was resumed from PTRACE_EVENT_EXIT, without that being seen, and if it is the
 * leader its death is reported only after that of all its threads.  Some of
 * them wait for the caller: -ESRCH, found at the next signal (SIGALRM).
 */
int task_wait(const struct task *task, int *status_out);

/* waitpid status bits, named. */
static inline int status_is_syscall(int status)
{
	return status >> 8 == (SIGTRAP | 0x80);
}

static inline int status_event(int status)
{
	return (unsigned)status >> 16;
}

#endif
