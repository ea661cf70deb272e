/* SPDX-License-Identifier: MIT */
/*
 * Calls of the vsyscall page, which static programs linked before 2012 and
 * some runtimes make.  The kernel makes them of a page fault, so they have no
 * syscall instruction and no stops but a filter's; the tracer that takes that
 * one may answer, or leave the call to the kernel, but change nothing else
 * (emulate_vsyscall in arch/x86).  In the trace such a call is a SIGSYS behind
 * it, which the sandbox makes of it in replay, and what it did.
 */
#include "src/recorder.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "src/record_cores.h"
#include "src/record_filters.h"
#include "src/record_ptrace.h"

#define VSYSCALL_PAGE 0xffffffffff600000ul
#define CODE_SECCOMP 1 /* SYS_SECCOMP, siginfo's si_code */

int record_is_vsyscall(const struct registers *registers)
{
	return (registers->value[R_RIP] & ~0xffful) == VSYSCALL_PAGE;
}

/* NULL is no address to write to. */
static int put(struct record_task *task, struct effect_list *effects,
	       remote_addr at, const void *bytes, size_t length)
{
	if (!at)
		return 0;
	if (address_space_write(space_of(task), at, bytes, length))
		return -EFAULT;
	effect_list_add_bytes(effects, EFFECT_WRITE, bytes, length)->address =
		at;
	return 0;
}

/* The number of such a call is that of the call that it stands for. */
static int64_t answer(struct recorder *recorder, struct record_task *task,
		      const struct registers *registers,
		      struct effect_list *effects)
{
	remote_addr first = registers->value[R_RDI];
	remote_addr second = registers->value[R_RSI];
	struct timezone zone;
	struct timeval now;
	unsigned core = 0, node = 0;
	uint64_t believed;

	if (registers->value[R_ORIG_RAX] == SYS_getcpu) {
		syscall(SYS_getcpu, &core, &node, NULL);
		believed = core;
		record_core_in_register(recorder, task, &believed);
		core = (unsigned)believed & 0xfff;
		return put(task, effects, first, &core, sizeof(core)) ?:
		       put(task, effects, second, &node, sizeof(node));
	}
	syscall(SYS_gettimeofday, &now, &zone);
	if (registers->value[R_ORIG_RAX] == SYS_time)
		return put(task, effects, first, &now.tv_sec,
			   sizeof(now.tv_sec)) ?: now.tv_sec;
	return put(task, effects, first, &now, sizeof(now)) ?:
	       put(task, effects, second, &zone, sizeof(zone));
}

static int append(struct recorder *recorder, struct record_task *task,
		  const struct registers *behind,
		  const struct registers *after, struct effect_list *effects)
{
	struct event trap = {
		.kind = EVENT_SIGNAL, .detail = SIGNAL_AT_FAULT,
		.signal = SIGSYS, .result = SIGNAL_TRACED,
	};
	siginfo_t info = { .si_signo = SIGSYS };
	struct effect_list about = { 0 };
	int err;

	info.si_code = CODE_SECCOMP;
	info.si_syscall = (int)behind->value[R_ORIG_RAX];
	effect_list_add_bytes(&about, EFFECT_SIGINFO, &info, 128);
	memcpy(trap.registers, behind->value, sizeof(trap.registers));
	err = recorder_append(recorder, task, &trap, &about);
	effect_list_deinit(&about);
	/* What was written before an address was bad is there. */
	effect_list_add_bytes(effects, EFFECT_REGISTERS, after,
			      sizeof(*after));
	return err ? err : record_trace_change(recorder, task, effects);
}

int record_vsyscall(struct recorder *recorder, struct record_task *task)
{
	struct effect_list effects = { 0 };
	struct registers before, behind, after;
	remote_addr caller;
	int64_t result;
	int err;

	if (task_get_registers(&task->task, &before) ||
	    address_space_read(space_of(task), before.value[R_RSP], &caller,
			       sizeof(caller)))
		return recorder_resume(task, record_run_request(task), 0);
	result = answer(recorder, task, &before, &effects);
	behind = before;
	behind.value[R_RIP] = caller;
	behind.value[R_RSP] += sizeof(caller);
	after = result == -EFAULT ? before : behind;
	after.value[R_ORIG_RAX] = (uint64_t)-1;
	if (result != -EFAULT)
		after.value[R_RAX] = (uint64_t)result;
	err = append(recorder, task, &behind, &after, &effects);
	effect_list_deinit(&effects);
	task->last = after;
	task->at_boundary = 0;
	task->is_fault_placed = result == -EFAULT;
	if (err)
		return err;
	/* The kernel returns to the caller; or makes a SIGSEGV of the fault. */
	if (result != -EFAULT) {
		before.value[R_RAX] = (uint64_t)result;
		before.value[R_ORIG_RAX] = (uint64_t)-1;
		task_set_registers(&task->task, &before);
	}
	return recorder_resume(task, record_run_request(task), 0);
}
