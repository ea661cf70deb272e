/* SPDX-License-Identifier: MIT */
/* What the tracees that trace others share. */
#ifndef REEL_TRACER_H
#define REEL_TRACER_H

#include <sys/ptrace.h>
#include <sys/user.h>

#include "tracee.h"

#define EVENT_STATUS(event) ((SIGTRAP | (event) << 8) << 8 | 0x7f)
#define STOP_STATUS(signal) ((signal) << 8 | 0x7f)

/* The next thing that the tracee has to tell must be this. */
#define expect(pid, expected)                                                \
	do {                                                                 \
		int status_ = -1;                                            \
		pid_t got_ = waitpid((pid), &status_, __WALL);               \
		if (got_ != (pid) || status_ != (expected)) {                \
			say("FAILED %s:%d: wait %d status %#x, not %#x\n",   \
			    __FILE__, __LINE__, got_ == (pid), status_,      \
			    (expected));                                     \
			_exit(1);                                            \
		}                                                            \
	} while (0)

#define go_on(request, pid, signal) \
	sys(ptrace((request), (pid), 0, (long)(signal)))

/* A child that is traced and stands at its SIGSTOP. */
UNUSED static pid_t traced_child(void (*run)(void))
{
	pid_t child = sys(fork());

	if (child == 0) {
		sys(ptrace(PTRACE_TRACEME, 0, 0, 0));
		raise(SIGSTOP);
		run();
		_exit(0);
	}
	expect(child, STOP_STATUS(SIGSTOP));
	sys(ptrace(PTRACE_SETOPTIONS, child, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	return child;
}

UNUSED static struct user_regs_struct registers_of(pid_t tid)
{
	struct user_regs_struct registers;

	sys(ptrace(PTRACE_GETREGS, tid, 0, &registers));
	return registers;
}

#endif
