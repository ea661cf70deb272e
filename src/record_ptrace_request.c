/* SPDX-License-Identifier: MIT */
/*
 * The requests of ptrace(2) that one recorded task makes of another.  The
 * tracee is in a ptrace-stop of ours, so most are made for the tracer as they
 * are; their outputs are put into its memory, where the call's row finds them.
 * A request to a process that is not recorded is the kernel's affair.
 */
#include "src/record_ptrace.h"
#include "src/record_agent.h"

#include <asm/prctl.h>
#include <errno.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "src/process_status.h"
#include "src/record_filters.h"
#include "traces/report.h"

#ifndef PTRACE_SYSEMU /* sys/ptrace.h has them as enums */
#define PTRACE_SYSEMU 31
#define PTRACE_SYSEMU_SINGLESTEP 32
#endif
#ifndef PTRACE_GET_THREAD_AREA
#define PTRACE_GET_THREAD_AREA 25
#define PTRACE_SET_THREAD_AREA 26
#endif
#ifndef PTRACE_ARCH_PRCTL
#define PTRACE_ARCH_PRCTL 30
#endif
#ifndef PTRACE_SINGLEBLOCK
#define PTRACE_SINGLEBLOCK 33
#endif
#ifndef PTRACE_GET_RSEQ_CONFIGURATION
#define PTRACE_GET_RSEQ_CONFIGURATION 0x420f
#endif
#define PTRACE_OLDSETOPTIONS_REQUEST 21
#define PTRACE_SET_SYSCALL_INFO_REQUEST 0x4212
#define OPTIONS_KNOWN (0xffu | PTRACE_O_EXITKILL)
#define FILTER_ROOM 32768u /* 4096 instructions */
#define SIGINFOS 32u	   /* of PTRACE_PEEKSIGINFO at once */
#define HIGHEST_SIGNAL 64
#define REGSET_ROOM 16384u
#define DEBUG_REGISTERS 8
#define DEBUG_ADDRESSES 4u
#define DEBUG_STATUS 6u
#define DEBUG_CONTROL 7u
#define DEBUG_HITS 0xfu

struct request {
	struct recorder *recorder;
	struct record_task *task; /* the tracer */
	struct record_task *tracee;
	uint64_t number, addr, data;
};

/* ---- memory of the tracer ---- */

/* As the kernel does: not into what the tracer itself may not write to. */
static int64_t put_at(const struct request *request, remote_addr addr,
		      const void *bytes, size_t length)
{
	struct iovec here = { (void *)bytes, length };
	struct iovec there = { (void *)addr, length };

	if (!length)
		return 0;
	return process_vm_writev(request->task->task.tid, &here, 1, &there, 1,
				 0) == (ssize_t)length ? 0 : -EFAULT;
}

static int64_t put(const struct request *request, const void *bytes,
		   size_t length)
{
	return put_at(request, request->data, bytes, length);
}

static int64_t get(const struct request *request, remote_addr addr,
		   void *bytes, size_t length)
{
	return address_space_read(space_of(request->task), addr, bytes,
				  length);
}

static int64_t refuse(const struct request *request, int64_t result,
		      const char *name)
{
	char *text = xasprintf("ptrace(%s) of a recorded task was answered %s "
			       "(docs/limits.md)", name,
			       strerrorname_np((int)-result));

	recorder_warn(request->recorder, request->task, text);
	free(text);
	return result;
}

/* The request as it is, of the kernel. */
static int64_t pass_on(const struct request *request, uint64_t addr,
		       void *data)
{
	long result = ptrace((enum __ptrace_request)request->number,
			     request->tracee->task.tid, addr, data);

	return result < 0 ? -errno : result;
}

/* ---- becoming a tracer ---- */

static int descends_from(pid_t tid, pid_t ancestor)
{
	struct process_status status;

	while (tid > 1 && !process_status_read(tid, &status)) {
		if (status.parent == ancestor)
			return 1;
		tid = status.parent;
	}
	return 0;
}

/* Yama's restriction (Documentation/admin-guide/LSM/Yama.rst). */
static int yama_allows(const struct record_task *tracer,
		       const struct record_task *tracee)
{
	char *text = read_proc_file("/proc/sys/kernel/yama/ptrace_scope",
				    NULL);
	int scope = text ? atoi(text) : 0;

	free(text);
	return scope == 0 || (scope == 1 && descends_from(tracee->task.tgid,
							  tracer->task.tgid));
}

/* As __ptrace_may_access() in kernel/ptrace.c. */
static int may_trace(const struct record_task *tracer,
		     const struct record_task *tracee)
{
	struct process_status own, other;

	if (process_status_read(tracer->task.tid, &own) ||
	    process_status_read(tracee->task.tid, &other))
		return 0;
	if (own.capabilities & 1ull << CAP_SYS_PTRACE)
		return 1;
	for (int i = 0; i < 3; i++)
		if (other.uids[i] != own.uids[0] ||
		    other.gids[i] != own.gids[0])
			return 0;
	return !space_data_of(tracee)->is_undumpable &&
	       !(other.capabilities & ~own.capabilities) &&
	       yama_allows(tracer, tracee);
}

static int64_t begin(const struct request *request, int is_seized)
{
	struct record_task *tracee = request->tracee;
	uint64_t options = is_seized ? request->data : 0;
	int err = 0;

	if (is_seized &&
	    (request->addr || options & ~((uint64_t)OPTIONS_KNOWN |
					  PTRACE_O_SUSPEND_SECCOMP)))
		return -EIO;
	if (options & PTRACE_O_SUSPEND_SECCOMP)
		return refuse(request, -EINVAL, "PTRACE_SEIZE, "
			      "PTRACE_O_SUSPEND_SECCOMP");
	if (tracee->task.tgid == request->task->task.tgid ||
	    is_traced(tracee) || tracee->state == TASK_DEAD ||
	    tracee->state == TASK_EXITING ||
	    !record_landlock_allows(request->recorder, request->task,
				    tracee) ||
	    !may_trace(request->task, tracee))
		return -EPERM;
	err = record_sites_show(request->recorder, tracee);
	if (err)
		return err;
	record_trace(tracee, request->task, is_seized, options);
	if (tracee->state == TASK_STOPPED)
		err = record_trace_group_stop(request->recorder, tracee);
	if (!is_seized && recorder_find(request->recorder, tracee->task.tid))
		syscall(SYS_tgkill, tracee->task.tgid, tracee->task.tid,
			SIGSTOP);
	return err;
}

/* The thread that made it, or another one of that process. */
static struct record_task *parent_of(struct recorder *recorder,
				     const struct record_task *task)
{
	struct record_task *maker = recorder_find(recorder, task->maker);
	struct process_status status;

	if (process_status_read(task->task.tid, &status))
		return NULL;
	if (maker && maker->task.tgid == status.parent &&
	    maker->state != TASK_DEAD)
		return maker;
	return recorder_find(recorder, status.parent);
}

/* A parent that is not recorded makes no use of it. */
static int64_t trace_me(struct recorder *recorder, struct record_task *task)
{
	struct record_task *parent = parent_of(recorder, task);

	if (task->tracing ||
	    (parent && !record_landlock_allows(recorder, parent, task)))
		return -EPERM;
	record_sites_undo(task, &task->effects);
	record_trace(task, parent, 0, 0);
	return 0;
}

/* ---- memory ---- */

static int64_t peek(const struct request *request)
{
	uint64_t word;

	if (address_space_read(space_of(request->tracee), request->addr,
			       &word, sizeof(word)))
		return -EIO;
	return put(request, &word, sizeof(word));
}

static int64_t poke(const struct request *request)
{
	struct effect_list effects = { 0 };
	int err;

	if (address_space_write(space_of(request->tracee), request->addr,
				&request->data, sizeof(request->data)))
		return -EIO;
	effect_list_add_bytes(&effects, EFFECT_WRITE, &request->data,
			      sizeof(request->data))->address = request->addr;
	err = record_trace_change(request->recorder, request->tracee,
				  &effects);
	effect_list_deinit(&effects);
	return err;
}

/* ---- registers ---- */

/* Whether addr is that of a debug register, and of which. */
static int is_debug_register(uint64_t addr, unsigned *number_out)
{
	uint64_t first = offsetof(struct user, u_debugreg);

	*number_out = (unsigned)(addr - first) / 8;
	return addr >= first && addr % 8 == 0 &&
	       addr < first + DEBUG_REGISTERS * 8;
}

static int64_t peek_word(const struct request *request, uint64_t *word_out)
{
	return syscall(SYS_ptrace, PTRACE_PEEKUSER, request->tracee->task.tid,
		       request->addr, word_out) < 0 ? -errno : 0;
}

/*
 * Points need debug registers (record_point.c), but not while a tracer watches
 * something: what it set is kept here.
 */
static int64_t peek_user(const struct request *request)
{
	const struct record_task *tracee = request->tracee;
	unsigned number;
	uint64_t word;
	int64_t err = peek_word(request, &word);

	if (!err && is_debug_register(request->addr, &number)) {
		if (number != DEBUG_STATUS)
			word = tracee->tracing->debug_registers[number];
		else if (!tracee->is_watched)
			word &= ~(uint64_t)DEBUG_HITS;
	}
	return err ? err : put(request, &word, sizeof(word));
}

static int64_t set_one(const struct request *request, unsigned number,
		       uint64_t value, struct effect_list *effects)
{
	struct effect *effect;

	if (ptrace(PTRACE_POKEUSER, request->tracee->task.tid,
		   offsetof(struct user, u_debugreg) + number * 8ul, value))
		return -errno;
	effect = effect_list_add(effects, EFFECT_DEBUG_REGISTER);
	effect->id = number;
	effect->offset = value;
	return 0;
}

/* Before the first thing is watched, what points left there is replaced. */
static int64_t restore_debug_registers(const struct request *request,
				       struct effect_list *effects)
{
	const struct tracing *tracing = request->tracee->tracing;
	int64_t err = set_one(request, DEBUG_STATUS, 0, effects);

	for (unsigned i = 0; i < DEBUG_ADDRESSES && !err; i++)
		err = set_one(request, i, tracing->debug_registers[i],
			      effects);
	return err;
}

static int64_t set_debug_register(const struct request *request,
				  unsigned number)
{
	struct record_task *tracee = request->tracee;
	int watches = number == DEBUG_CONTROL && request->data & 0xff;
	struct effect_list effects = { 0 };
	int64_t err = 0, change_err = 0;

	if (watches && !tracee->is_watched)
		err = restore_debug_registers(request, &effects);
	if (!err)
		err = set_one(request, number, request->data, &effects);
	if (!err) {
		tracee->tracing->debug_registers[number] = request->data;
		if (number == DEBUG_CONTROL)
			tracee->is_watched = watches;
	}
	if (effects.count)
		change_err = record_trace_change(request->recorder, tracee,
						 &effects);
	effect_list_deinit(&effects);
	return err ? err : change_err;
}

static int64_t poke_user(const struct request *request)
{
	unsigned number;

	if (is_debug_register(request->addr, &number))
		return set_debug_register(request, number);
	return pass_on(request, request->addr, (void *)request->data);
}

static int64_t get_registers(const struct request *request)
{
	union {
		struct user_regs_struct general;
		struct user_fpregs_struct floating;
	} registers;
	int64_t result = pass_on(request, 0, &registers);

	if (result)
		return result;
	return put(request, &registers, request->number == PTRACE_GETREGS ?
		   sizeof(registers.general) : sizeof(registers.floating));
}

static int64_t set_registers(const struct request *request)
{
	union {
		struct user_regs_struct general;
		struct user_fpregs_struct floating;
	} registers;
	int is_general = request->number == PTRACE_SETREGS;

	if (get(request, request->data, &registers,
		is_general ? sizeof(registers.general) :
			     sizeof(registers.floating)))
		return -EFAULT;
	if (!is_general)
		request->tracee->tracing->is_xstate_changed = 1;
	return pass_on(request, 0, &registers);
}

/*
 * As much of the tracer's bytes as can be read, and what can't behind them: so
 * the kernel itself says what it makes of that.
 */
static int64_t set_from(const struct request *request, remote_addr from,
			struct iovec *own)
{
	struct memory *memory = &space_of(request->task)->memory;
	size_t length = own->iov_len < REGSET_ROOM ? own->iov_len : REGSET_ROOM;
	size_t page = (size_t)sysconf(_SC_PAGESIZE), got;
	char *room = mmap(NULL, 2 * REGSET_ROOM + page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = room + 2 * REGSET_ROOM;
	int64_t result;

	if (room == MAP_FAILED)
		return -ENOMEM;
	got = memory->read(memory, from, room, length);
	own->iov_base = room;
	if (got < length) {
		own->iov_base = memcpy(end - got, room, got);
		mprotect(end, page, PROT_NONE);
	}
	result = pass_on(request, request->addr, own);
	munmap(room, 2 * REGSET_ROOM + page);
	return result;
}

static int64_t register_set(const struct request *request)
{
	uint8_t bytes[REGSET_ROOM]; /* more than any set has */
	struct iovec vector, own;
	remote_addr buffer;
	int64_t result;

	if (get(request, request->data, &vector, sizeof(vector)))
		return -EFAULT;
	buffer = (remote_addr)vector.iov_base;
	own = (struct iovec){ bytes, vector.iov_len };
	if (request->number == PTRACE_SETREGSET)
		result = set_from(request, buffer, &own);
	else
		result = pass_on(request, request->addr, &own);
	if (result)
		return result;
	if (request->number == PTRACE_SETREGSET)
		request->tracee->tracing->is_xstate_changed = 1;
	else if (put_at(request, buffer, bytes, own.iov_len))
		return -EFAULT;
	vector.iov_len = own.iov_len;
	return put(request, &vector, sizeof(vector));
}

static int64_t thread_area(const struct request *request)
{
	uint32_t descriptor[4];
	int64_t result = pass_on(request, request->addr, descriptor);

	return result ? result : put(request, descriptor, sizeof(descriptor));
}

/* Whether `addr` is written depends on `data`, which no row can say. */
static int64_t get_base(const struct request *user)
{
	struct effect_list *effects = &user->task->effects;
	struct effect *effect;
	uint64_t base;
	int64_t err = peek_word(user, &base);

	if (!err)
		err = put(user, &base, sizeof(base));
	if (err)
		return err;
	effect = effect_list_add_bytes(effects, EFFECT_WRITE, &base,
				       sizeof(base));
	effect->address = user->data;
	return 0;
}

static int64_t segment_base(const struct request *request)
{
	struct request user = *request;
	int is_fs = request->data == ARCH_SET_FS ||
		    request->data == ARCH_GET_FS;

	if (request->data < ARCH_SET_GS || request->data > ARCH_GET_GS)
		return -EINVAL;
	user.addr = is_fs ? offsetof(struct user_regs_struct, fs_base) :
			    offsetof(struct user_regs_struct, gs_base);
	user.data = request->addr;
	if (request->data == ARCH_GET_FS || request->data == ARCH_GET_GS)
		return get_base(&user);
	user.number = PTRACE_POKEUSER;
	return pass_on(&user, user.addr, (void *)user.data);
}

/* ---- signals ---- */

static int64_t signal_info(const struct request *request)
{
	struct tracing *tracing = request->tracee->tracing;

	if (tracing->stop == STOP_GROUP && !tracing->is_seized)
		return -EINVAL;
	if (request->number == PTRACE_GETSIGINFO)
		return put(request, &tracing->info, sizeof(tracing->info));
	return get(request, request->data, &tracing->info,
		   sizeof(tracing->info));
}

static int64_t signal_mask(const struct request *request)
{
	struct record_task *tracee = request->tracee;
	uint64_t mask;
	int64_t result;

	if (request->addr != sizeof(mask))
		return -EINVAL;
	if (request->number == PTRACE_SETSIGMASK) {
		if (get(request, request->data, &mask, sizeof(mask)))
			return -EFAULT;
		tracee->has_saved_mask = tracee->is_mask_known = 0;
		return pass_on(request, sizeof(mask), &mask);
	}
	result = pass_on(request, sizeof(mask), &mask);
	if (tracee->has_saved_mask)
		mask = tracee->saved_mask;
	return result ? result : put(request, &mask, sizeof(mask));
}

static int64_t pending_signals(const struct request *request)
{
	struct __ptrace_peeksiginfo_args arguments;
	siginfo_t infos[SIGINFOS];
	struct request place = *request;
	int64_t result;

	if (get(request, request->addr, &arguments, sizeof(arguments)))
		return -EFAULT;
	if (arguments.nr > (int)SIGINFOS)
		arguments.nr = SIGINFOS;
	result = pass_on(request, (uint64_t)&arguments, infos);
	for (int64_t i = 0; i < result; i++, place.data += sizeof(infos[0]))
		if (put(&place, &infos[i], sizeof(infos[0])))
			return i ? i : -EFAULT; /* those before count */
	return result;
}

/* ---- system calls and filters ---- */

static size_t fill_call_info(const struct tracing *tracing,
			     const struct registers *registers,
			     struct __ptrace_syscall_info *info)
{
	const uint64_t *value = registers->value;
	const uint64_t arguments[SYSCALL_ARGUMENTS] = {
		value[R_RDI], value[R_RSI], value[R_RDX], value[R_R10],
		value[R_R8], value[R_R9],
	};
	int64_t result = (int64_t)value[R_RAX];
	/* The kernel knows by what it tells of the stop. */
	int is_good = (tracing->options & PTRACE_O_TRACESYSGOOD) &&
		      tracing->message;

	info->arch = 0xc000003e; /* AUDIT_ARCH_X86_64 */
	info->instruction_pointer = value[R_RIP];
	info->stack_pointer = value[R_RSP];
	if (tracing->stop == STOP_EXIT && is_good) {
		info->op = PTRACE_SYSCALL_INFO_EXIT;
		info->exit.is_error = result < 0 && result >= -4095;
		info->exit.rval = result;
		return offsetof(struct __ptrace_syscall_info, exit.is_error) +
		       sizeof(info->exit.is_error);
	}
	if (tracing->stop == STOP_SECCOMP) {
		info->op = PTRACE_SYSCALL_INFO_SECCOMP;
		info->seccomp.nr = value[R_ORIG_RAX];
		memcpy(info->seccomp.args, arguments, sizeof(arguments));
		info->seccomp.ret_data = (uint32_t)tracing->message;
		return offsetof(struct __ptrace_syscall_info,
				seccomp.ret_data) +
		       sizeof(info->seccomp.ret_data);
	}
	if (tracing->stop == STOP_ENTRY && is_good) {
		info->op = PTRACE_SYSCALL_INFO_ENTRY;
		info->entry.nr = value[R_ORIG_RAX];
		memcpy(info->entry.args, arguments, sizeof(arguments));
		return offsetof(struct __ptrace_syscall_info, entry.args) +
		       sizeof(info->entry.args);
	}
	info->op = PTRACE_SYSCALL_INFO_NONE;
	return offsetof(struct __ptrace_syscall_info, entry);
}

static int64_t call_info(const struct request *request)
{
	struct __ptrace_syscall_info info;
	struct registers registers;
	size_t length;

	memset(&info, 0, sizeof(info));
	if (task_get_registers(&request->tracee->task, &registers))
		return -ESRCH;
	length = fill_call_info(request->tracee->tracing, &registers, &info);
	if (put(request, &info,
		length < request->addr ? length : request->addr))
		return -EFAULT;
	return (int64_t)length;
}

/* struct ptrace_syscall_info since Linux 6.16; all of it is wanted. */
struct new_call_info {
	uint8_t op, reserved;
	uint16_t flags;
	uint8_t rest[84]; /* as before */
};

_Static_assert(sizeof(struct new_call_info) ==
	       sizeof(struct __ptrace_syscall_info), "one may be the other");

/* Kernels before that know no such request. */
static int knows_call_info(const struct request *request)
{
	return pass_on(request, 0, NULL) != -EIO;
}

static int64_t set_call(struct registers *registers,
			const struct __ptrace_syscall_info *info)
{
	static const int places[] = { R_RDI, R_RSI, R_RDX, R_R10, R_R8, R_R9 };
	int64_t number = (int64_t)info->entry.nr;

	if (number != (int)number)
		return -ERANGE;
	registers->value[R_ORIG_RAX] = (uint64_t)number;
	for (unsigned i = 0; i < SYSCALL_ARGUMENTS && number != -1; i++)
		registers->value[places[i]] = info->entry.args[i];
	return 0;
}

/* As ptrace_set_syscall_info() in kernel/ptrace.c does. */
static int64_t set_call_info(const struct request *request)
{
	struct __ptrace_syscall_info info, now;
	struct new_call_info start;
	struct registers registers;
	int64_t result = 0;

	if (!knows_call_info(request))
		return -EIO;
	if (request->addr < sizeof(info))
		return -EINVAL;
	if (get(request, request->data, &info, sizeof(info)))
		return -EFAULT;
	memcpy(&start, &info, sizeof(start));
	memset(&now, 0, sizeof(now));
	if (task_get_registers(&request->tracee->task, &registers))
		return -ESRCH;
	fill_call_info(request->tracee->tracing, &registers, &now);
	if (start.flags || start.reserved || info.op != now.op ||
	    info.op == PTRACE_SYSCALL_INFO_NONE)
		return -EINVAL;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		registers.value[R_RAX] = (uint64_t)info.exit.rval;
	else /* that of a filter begins with the same */
		result = set_call(&registers, &info);
	return result ? result : task_set_registers(&request->tracee->task,
						    &registers);
}

/* As the program wrote it: without what reel puts in front. */
static int64_t own_filter(const struct request *request,
			  const struct seccomp_filter *found)
{
	if (request->data &&
	    put(request, found->code, found->length * sizeof(*found->code)))
		return -EFAULT;
	return (int64_t)found->length;
}

static int64_t outer_filter(const struct request *request, uint64_t number)
{
	uint8_t *bytes = xmalloc(FILTER_ROOM);
	int64_t result = pass_on(request, number,
				 request->data ? bytes : NULL);

	if (result > 0 && request->data &&
	    put(request, bytes, (size_t)result * 8))
		result = -EFAULT;
	free(bytes);
	return result;
}

static int64_t filter_metadata(const struct request *request)
{
	uint64_t metadata[2] = { 0 }, number;
	size_t length = request->addr < sizeof(metadata) ? request->addr :
							   sizeof(metadata);
	int64_t result;

	if (length < sizeof(metadata[0]))
		return -EINVAL;
	if (get(request, request->data, metadata, length))
		return -EFAULT;
	number = metadata[0];
	record_filter_by_number(request->recorder, request->tracee,
				&metadata[0], &result);
	if (result)
		return result;
	result = pass_on(request, length, metadata);
	metadata[0] = number;
	if (result > 0 && put(request, metadata, (size_t)result))
		return -EFAULT;
	return result;
}

static int64_t filter(const struct request *request)
{
	const struct seccomp_filter *found;
	struct process_status own;
	uint64_t number = request->addr;
	int64_t result;

	process_status_read(request->task->task.tid, &own);
	if (!(own.capabilities & 1ull << CAP_SYS_ADMIN) ||
	    record_has_own_filter(request->task) ||
	    request->recorder->mode_outside)
		return -EACCES;
	if (request->number == PTRACE_SECCOMP_GET_METADATA)
		return filter_metadata(request);
	found = record_filter_by_number(request->recorder, request->tracee,
					&number, &result);
	if (result)
		return result;
	return found ? own_filter(request, found) :
		       outer_filter(request, number);
}

static int64_t rseq_configuration(const struct request *request)
{
	uint8_t bytes[64];
	size_t room = request->addr < sizeof(bytes) ? request->addr :
						      sizeof(bytes);
	int64_t result = pass_on(request, room, bytes);

	if (result > 0 && put(request, bytes, (size_t)result < room ?
			      (size_t)result : room))
		return -EFAULT;
	return result;
}

/* ---- letting it go on ---- */

/*
 * PTRACE_SINGLEBLOCK goes on to the next branch where the processor can stop
 * there, and for one instruction elsewhere, as in most virtual machines.
 */
static int64_t resume(const struct request *request)
{
	int mode = request->number == PTRACE_SINGLEBLOCK ?
		PTRACE_SINGLESTEP : (int)request->number;

	if (request->data > HIGHEST_SIGNAL)
		return -EIO;
	return record_trace_resume(request->recorder, request->tracee, mode,
				   (int)request->data);
}

static int64_t detach(const struct request *request)
{
	if (request->data > HIGHEST_SIGNAL)
		return -EIO;
	record_trace_detach(request->recorder, request->tracee,
			    (int)request->data);
	return 0;
}

static int64_t set_options(const struct request *request)
{
	if (request->data & PTRACE_O_SUSPEND_SECCOMP)
		return refuse(request, -EINVAL, "PTRACE_SETOPTIONS, "
			      "PTRACE_O_SUSPEND_SECCOMP");
	if (request->data & ~(uint64_t)OPTIONS_KNOWN)
		return -EINVAL;
	request->tracee->tracing->options = request->data;
	return 0;
}

static int64_t listen(const struct request *request)
{
	struct record_task *tracee = request->tracee;
	struct tracing *tracing = tracee->tracing;

	if (!tracing->is_seized ||
	    tracing->info.si_code >> 8 != PTRACE_EVENT_STOP)
		return -EIO;
	tracing->stop = STOP_NONE;
	tracing->is_listening = 1;
	tracing->has_status = 0;
	tracee->state = TASK_STOPPED;
	return recorder_resume(tracee, PTRACE_LISTEN, 0);
}

/*
 * Where the task stands in user code the stop is made at once, when its turn
 * comes; from elsewhere the kernel must bring it back.
 */
static int64_t interrupt(const struct request *request)
{
	struct record_task *tracee = request->tracee;
	struct tracing *tracing = tracee->tracing;

	if (!tracing->is_seized)
		return -EIO;
	tracing->due |= DUE_TRAP;
	if (tracee->phase != CALL_NONE || tracing->stop == STOP_NONE)
		ptrace(PTRACE_INTERRUPT, tracee->task.tid, NULL, NULL);
	return 0;
}

static int64_t end(const struct request *request)
{
	struct record_task *tracee = request->tracee;

	syscall(SYS_tgkill, tracee->task.tgid, tracee->task.tid, SIGKILL);
	return 0;
}

static int64_t let_go_on(const struct request *request)
{
	switch (request->number) {
	case PTRACE_LISTEN:
		return listen(request);
	case PTRACE_DETACH:
		return detach(request);
	case PTRACE_CONT:
	case PTRACE_SYSCALL:
	case PTRACE_SINGLESTEP:
	case PTRACE_SYSEMU:
	case PTRACE_SYSEMU_SINGLESTEP:
	case PTRACE_SINGLEBLOCK:
		return resume(request);
	}
	return refuse(request, -EIO, "a request of unknown kind");
}

/* ---- all of them ---- */

static int64_t of_stopped(const struct request *request)
{
	unsigned long message = request->tracee->tracing->message;

	switch (request->number) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek(request);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return poke(request);
	case PTRACE_PEEKUSER:
		return peek_user(request);
	case PTRACE_POKEUSER:
		return poke_user(request);
	case PTRACE_GETREGS:
	case PTRACE_GETFPREGS:
		return get_registers(request);
	case PTRACE_SETREGS:
	case PTRACE_SETFPREGS:
		return set_registers(request);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return register_set(request);
	case PTRACE_GET_THREAD_AREA:
		return thread_area(request);
	case PTRACE_SET_THREAD_AREA:
		return refuse(request, -EIO, "PTRACE_SET_THREAD_AREA");
	case PTRACE_ARCH_PRCTL:
		return segment_base(request);
	case PTRACE_SETOPTIONS:
	case PTRACE_OLDSETOPTIONS_REQUEST:
		return set_options(request);
	case PTRACE_GETEVENTMSG:
		return put(request, &message, sizeof(message));
	case PTRACE_GETSIGINFO:
	case PTRACE_SETSIGINFO:
		return signal_info(request);
	case PTRACE_GETSIGMASK:
	case PTRACE_SETSIGMASK:
		return signal_mask(request);
	case PTRACE_PEEKSIGINFO:
		return pending_signals(request);
	case PTRACE_GET_SYSCALL_INFO:
		return call_info(request);
	case PTRACE_SET_SYSCALL_INFO_REQUEST:
		return set_call_info(request);
	case PTRACE_SECCOMP_GET_FILTER:
	case PTRACE_SECCOMP_GET_METADATA:
		return filter(request);
	case PTRACE_GET_RSEQ_CONFIGURATION:
		return rseq_configuration(request);
	}
	return let_go_on(request);
}

static int64_t answer(const struct request *request)
{
	const struct record_task *tracee = request->tracee;

	if (request->number == PTRACE_ATTACH)
		return begin(request, 0);
	if (request->number == PTRACE_SEIZE)
		return begin(request, 1);
	if (!is_traced(tracee) || tracee->tracing->tracer != request->task)
		return -ESRCH;
	if (request->number == PTRACE_KILL)
		return end(request);
	if (request->number == PTRACE_INTERRUPT)
		return interrupt(request);
	return is_in_trace_stop(tracee) ? of_stopped(request) : -ESRCH;
}

int record_ptrace_entry(struct recorder *recorder, struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	struct request request = {
		recorder, task,
		.tracee = recorder_find_seen(recorder, task,
					     (pid_t)arguments[1]),
		.number = arguments[0],
		.addr = arguments[2],
		.data = arguments[3],
	};

	if (request.number == PTRACE_TRACEME)
		return record_answer(task, trace_me(recorder, task));
	if (!task->pid_level &&
	    (pid_t)arguments[1] == recorder->recorder_pid)
		return record_answer(task, -EPERM);
	if (!request.tracee || !request.tracee->task.space)
		return 0;
	return record_answer(task, answer(&request));
}
