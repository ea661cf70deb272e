/* SPDX-License-Identifier: MIT */
/*
 * Writes and calls of functions.  The first write of memory or registers keeps
 * the place (a checkpoint), and from there on the replayed processes are a copy
 * to be thrown away: what is written stays, and where the debugger has sent a
 * thread elsewhere (to call a function) that thread runs, and no other.  Where
 * it resumes a thread from the place itself, or goes elsewhere, the place is
 * gone back to first, and the replay is exact.
 *
 * The copy runs as any replayed task does: no call of its own is performed.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay/checkpoint.h"
#include "replay/gdb_server.h"
#include "replay/inspect.h"
#include "src/instruction.h"
#include "src/syscall_rows.h"
#include "traces/report.h"

#ifndef PTRACE_SYSEMU_SINGLESTEP /* sys/ptrace.h has it as an enum */
#define PTRACE_SYSEMU_SINGLESTEP 32
#endif
#define MAP_MAX ((uint64_t)1 << 30)   /* bytes that one call maps */
#define OUTPUT_MAX ((uint64_t)1 << 20) /* bytes that one call shows */
#define STACK_NEAR 0x10000u /* below the stack pointer: a call's arguments */
#define FUTEX_WAITS (1u << 0 | 1u << 6 | 1u << 9 | 1u << 11 | 1u << 13)

static const char begun[] =
	"reel: writes and calls are made in a copy of the processes, which is "
	"thrown away when you go on (monitor discard: at once)\n";
static const char gone[] =
	"reel: what was written is gone: this is the recording again\n";

/* ---- the copy ---- */

static int refuse(struct gdb_server *server, const char *why)
{
	if (!server->has_warned)
		warn("nothing can be written, and no functions called: %s",
		     why);
	server->has_warned = 1;
	return -EPERM;
}

static int begin(struct gdb_server *server)
{
	struct gdb_copy *copy = &server->copy;

	if (copy->is_there)
		return 0;
	timeline_place_take(server->timeline, &copy->place);
	if (!copy->place.state)
		return refuse(server, "there is no room for a copy of the "
			      "processes, or the trace ends here");
	copy->is_there = 1;
	copy->is_written = 0;
	copy->scratch_length = 0;
	if (!copy->is_explained)
		copy->message = begun;
	copy->is_explained = 1;
	return 0;
}

void gdb_copy_say(struct gdb_server *server)
{
	gdb_print(server, server->copy.message);
	server->copy.message = NULL;
}

/* The task as it was at the place; NULL: none. */
static const struct replay_task *original(struct gdb_server *server,
					  const struct replay_task *task)
{
	return checkpoint_task(server->copy.place.state, task->task.serial);
}

static int differs(struct gdb_server *server, struct replay_task *task,
		   int last_register)
{
	const struct replay_task *before = original(server, task);

	if (!before || !task->task.tid ||
	    replay_get_registers(server->timeline->replayer, task))
		return 0;
	for (int i = 0; i < last_register; i++)
		if (i != R_ORIG_RAX && i != R_EFLAGS &&
		    task->registers.value[i] != before->registers.value[i])
			return 1;
	return task->registers.value[R_RIP] != before->registers.value[R_RIP];
}

/* What gdb writes to call a function is right below the stack. */
static int is_for_call(struct gdb_server *server,
		       const struct replay_task *task, uint64_t address)
{
	const struct replay_task *before = original(server, task);
	uint64_t stack = before ? before->registers.value[R_RSP] : 0;

	return address < stack && stack - address <= STACK_NEAR;
}

static int has_written_registers(struct gdb_server *server)
{
	struct replay_task *task = NULL;

	while ((task = inspect_next(server->timeline->replayer, task)))
		if (differs(server, task, R_COUNT))
			return 1;
	return 0;
}

/* ---- where calls end ---- */

/* Its number, or GDB_RETURNS. */
static size_t find_return(const struct gdb_copy *copy, uint64_t address)
{
	for (size_t i = 0; i < copy->return_count && i < GDB_RETURNS; i++)
		if (copy->returns[i].address == address)
			return i;
	return GDB_RETURNS;
}

static int is_code(const struct replay_task *task, uint64_t address)
{
	const struct process_map *map;
	struct process_maps maps;
	int is_executable = 1;

	if (process_maps_read_range(task->task.tid, address, address + 1,
				    &maps))
		return is_executable;
	map = process_maps_find(&maps, address);
	if (map)
		is_executable = map->protection & PROT_EXEC;
	process_maps_deinit(&maps);
	return is_executable;
}

int gdb_copy_keeps_out(struct gdb_server *server, struct replay_task *task,
		       uint64_t address, int is_mapped)
{
	struct gdb_copy *copy = &server->copy;
	size_t i = find_return(copy, address);

	if (!copy->is_there)
		return i < GDB_RETURNS &&
		       !(is_mapped && copy->returns[i].is_code);
	if (i == GDB_RETURNS && is_mapped) {
		i = copy->return_count++ % GDB_RETURNS;
		copy->returns[i].address = address;
		copy->returns[i].is_code = is_code(task, address) &&
			!is_for_call(server, task, address);
	}
	return 0;
}

static void remove_returns(struct gdb_server *server)
{
	struct breakpoints *breakpoints = &server->timeline->breakpoints;
	struct gdb_copy *copy = &server->copy;
	struct replay_task *task = NULL;

	while ((task = inspect_next(server->timeline->replayer, task)))
		for (size_t i = 0; i < copy->return_count &&
		     i < GDB_RETURNS; i++)
			if (!copy->returns[i].is_code)
				breakpoints_remove(breakpoints, BREAK_SOFTWARE,
						   task->recorded_tgid,
						   copy->returns[i].address,
						   1);
}

int gdb_copy_discard(struct gdb_server *server)
{
	struct gdb_copy *copy = &server->copy;
	int err;

	if (!copy->is_there)
		return 0;
	if (copy->is_written || has_written_registers(server))
		copy->message = gone;
	remove_returns(server);
	err = timeline_place_go(server->timeline, &copy->place);
	gdb_copy_forget(server);
	if (err)
		server->is_over = 1;
	return err;
}

void gdb_copy_forget(struct gdb_server *server)
{
	if (server->copy.is_there)
		timeline_place_drop(server->timeline, &server->copy.place);
	server->copy.is_there = 0;
}

/* ---- writes ---- */

static void write_memory(struct gdb_server *server, uint64_t address,
			 const uint8_t *bytes, size_t length)
{
	struct replay_task *task = gdb_task(server);

	if (!length)
		gdb_ok(server); /* gdb asks whether it may */
	else if (!task || length > UINT64_MAX - address ||
		 replay_is_reserved(address, length))
		gdb_error(server, EFAULT);
	else if (begin(server))
		gdb_error(server, EPERM);
	else if (address_space_write(task->task.space, address, bytes, length))
		gdb_error(server, EFAULT);
	else
		gdb_ok(server);
	if (length && task && server->copy.is_there &&
	    !is_for_call(server, task, address))
		server->copy.is_written = 1;
}

void gdb_copy_write(struct gdb_server *server, const char *packet,
		    size_t packet_length)
{
	const char *text = packet + 1, *end = packet + packet_length;
	AUTO(heap_free) uint8_t *bytes = NULL;
	uint64_t address, length;

	if (!gdb_read_until(&text, ',', &address) ||
	    !gdb_read_until(&text, ':', &length) || length > GDB_PACKET_MAX ||
	    (packet[0] == 'X' && (uint64_t)(end - text) != length)) {
		gdb_error(server, EINVAL);
		return;
	}
	if (packet[0] == 'X') {
		write_memory(server, address, (const uint8_t *)text, length);
		return;
	}
	bytes = xmalloc(length + 1);
	if (gdb_read_hex(text, bytes, length) == length)
		write_memory(server, address, bytes, length);
	else
		gdb_error(server, EINVAL);
}

/* The debugger may write back what it was shown. */
static void set_place(struct gdb_server *server, struct replay_task *task)
{
	struct replay_task *before =
		checkpoint_task(server->copy.place.state, task->task.serial);
	struct registers shown;

	if (!before)
		return;
	shown = inspect_program_registers(before);
	if (task->registers.value[R_RIP] == shown.value[R_RIP])
		task->registers.value[R_RIP] = before->registers.value[R_RIP];
}

void gdb_copy_registers(struct gdb_server *server, const char *packet)
{
	struct replay_task *task = gdb_task(server);

	if (!task || !task->task.tid)
		gdb_error(server, ESRCH);
	else if (begin(server))
		gdb_error(server, EPERM);
	else if (gdb_set_registers(server, task, packet))
		gdb_error(server, EINVAL);
	else {
		set_place(server, task);
		gdb_ok(server);
	}
}

/* ---- system calls ---- */

/* What a call of the copy comes to. */
struct answer {
	struct replay_task *task;
	uint64_t *values; /* registers */
	int signal;	  /* to stop with; 0: it goes on */
};

/* No shared mapping may change what it allows: it is not the copy's own. */
static int is_own(const struct replay_task *task, uint64_t start,
		  uint64_t length)
{
	struct process_maps maps;
	int is_shared = 0;

	if (length > UINT64_MAX - start || replay_is_reserved(start, length) ||
	    process_maps_read_range(task->task.tid, start, start + length,
				    &maps))
		return 0;
	for (size_t i = 0; i < maps.count; i++)
		is_shared |= maps.maps[i].is_shared &&
			     maps.maps[i].start < start + length &&
			     maps.maps[i].end > start;
	process_maps_deinit(&maps);
	return !is_shared;
}

static int64_t map(struct answer *answer)
{
	const uint64_t *values = answer->values;
	uint64_t flags = values[R_R10];

	if (values[R_RSI] > MAP_MAX ||
	    (flags & ~(uint64_t)(MAP_NORESERVE | MAP_STACK)) !=
	    (MAP_PRIVATE | MAP_ANONYMOUS))
		return -ENOMEM;
	return replay_inject(answer->task, SYS_mmap, (uint64_t[6]){
		0, values[R_RSI], values[R_RDX] & 7,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, (uint64_t)-1, 0,
	});
}

static int64_t change(struct answer *answer, int number)
{
	const uint64_t *values = answer->values;
	uint64_t last = values[R_RDX];

	if (!is_own(answer->task, values[R_RDI], values[R_RSI]))
		return -EACCES;
	if (number == SYS_mprotect)
		last &= 7;
	if (number == SYS_madvise && last != MADV_DONTNEED)
		return -EINVAL;
	return replay_inject(answer->task, number, (uint64_t[6]){
		values[R_RDI], values[R_RSI], last,
	});
}

static int64_t show(struct gdb_server *server, struct answer *answer,
		    uint64_t address, uint64_t length)
{
	struct memory *memory = &answer->task->task.space->memory;
	uint64_t done = 0;
	char bytes[1025];

	if (length > OUTPUT_MAX)
		length = OUTPUT_MAX;
	while (done < length) {
		size_t part = length - done < 1024 ? length - done : 1024;
		size_t got = memory->read(memory, address + done, bytes, part);

		if (!got)
			return done ? (int64_t)done : -EFAULT;
		gdb_print_bytes(server, bytes, got);
		done += got;
	}
	return (int64_t)done;
}

static int64_t show_vector(struct gdb_server *server, struct answer *answer)
{
	const uint64_t *values = answer->values;
	struct address_space *space = answer->task->task.space;
	int64_t sum = 0, shown;

	for (uint64_t i = 0; i < values[R_RDX] && i < IOV_MAX; i++) {
		uint64_t part[2];

		if (address_space_read(space, values[R_RSI] + i * sizeof(part),
				       part, sizeof(part)))
			return sum ? sum : -EFAULT;
		if (sum + part[1] > OUTPUT_MAX)
			break;
		shown = show(server, answer, part[0], part[1]);
		if (shown < 0)
			return sum ? sum : shown;
		sum += shown;
	}
	return sum;
}

static int64_t say_unmade(struct gdb_server *server, int number, int *signal)
{
	struct gdb_copy *copy = &server->copy;
	char text[128];
	unsigned bit = (unsigned)number % GDB_CALLS;

	if (!(copy->unmade[bit / 8] >> (bit % 8) & 1) || signal) {
		snprintf(text, sizeof(text), "reel: the function %s %s, which "
			 "is not done in a copy\n",
			 signal ? "stops: it calls" : "calls",
			 syscall_name(number));
		gdb_print(server, text);
	}
	copy->unmade[bit / 8] |= (uint8_t)(1 << (bit % 8));
	if (signal)
		*signal = SIGINT;
	return -ENOSYS;
}

static int64_t answer_futex(struct gdb_server *server, struct answer *answer)
{
	unsigned operation = answer->values[R_RSI] & 0x7f;

	if (operation < 32 && (FUTEX_WAITS >> operation & 1))
		return say_unmade(server, SYS_futex, &answer->signal);
	return 0; /* nobody is woken */
}

static int64_t answer_call(struct gdb_server *server, struct answer *answer,
			   int number)
{
	const uint64_t *values = answer->values;
	int is_output = values[R_RDI] == STDOUT_FILENO ||
			values[R_RDI] == STDERR_FILENO;

	switch (number) {
	case SYS_brk:
		return 0; /* there is no room: malloc() maps some then */
	case SYS_mmap:
		return map(answer);
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_madvise:
		return change(answer, number);
	case SYS_write:
		return is_output ?
			show(server, answer, values[R_RSI], values[R_RDX]) :
			say_unmade(server, number, NULL);
	case SYS_writev:
		return is_output ? show_vector(server, answer) :
			say_unmade(server, number, NULL);
	case SYS_getpid:
		return answer->task->recorded_tgid;
	case SYS_gettid:
		return answer->task->recorded_tid;
	case SYS_rt_sigprocmask:
	case SYS_sched_yield:
		return 0;
	case SYS_futex:
		return answer_futex(server, answer);
	case SYS_tgkill:
		answer->signal = (int)(values[R_RDX] & 63);
		return 0;
	case SYS_kill:
		if ((pid_t)values[R_RDI] != answer->task->recorded_tgid)
			return say_unmade(server, number, NULL);
		answer->signal = (int)(values[R_RSI] & 63);
		return 0;
	case SYS_exit:
	case SYS_exit_group:
	case SYS_rt_sigreturn:
	case SYS_execve:
		return say_unmade(server, number, &answer->signal);
	default:
		return say_unmade(server, number, NULL);
	}
}

/* ---- running ---- */

struct copy_run {
	struct gdb_server *server;
	struct timeline *timeline;
	struct replay_task *task;
	struct debug_stop stop; /* NONE: it goes on */
	uint64_t start, end;	/* stepping as long as it is there */
	int is_step, status;
	int is_over; /* at a breakpoint that it is to step over */
	int is_unmet; /* stopped for watched memory, and not for the person */
};

static void stop_with(struct copy_run *run, enum stop_kind kind, int number)
{
	run->stop.kind = kind;
	run->stop.number = number;
}

static int meet_call(struct copy_run *run)
{
	struct answer answer = { run->task, run->task->registers.value, 0 };
	int number = (int)answer.values[R_ORIG_RAX];
	int64_t result = answer_call(run->server, &answer, number);

	if (result == -ESRCH)
		return report(-ESRCH, "a copy of the processes was killed");
	answer.values[R_RAX] = (uint64_t)result;
	run->task->is_dirty = 1;
	if (answer.signal == SIGINT)
		stop_with(run, STOP_INTERRUPT, SIGINT);
	else if (answer.signal)
		stop_with(run, STOP_SIGNAL, answer.signal);
	return 0;
}

/* Time goes on, and is nobody's: RDTSC traps as in any replay. */
static int read_counter(struct copy_run *run)
{
	uint64_t *values = run->task->registers.value;
	struct memory *memory = &run->task->task.space->memory;
	struct instruction instruction;
	uint8_t bytes[15], known[16];
	size_t got = memory->read(memory, values[R_RIP], bytes, sizeof(bytes));

	instruction = instruction_of_trap(bytes, got, known);
	if (!instruction.kind)
		instruction = instruction_decode(bytes, got);
	if (instruction.kind != INSTRUCTION_RDTSC &&
	    instruction.kind != INSTRUCTION_RDTSCP)
		return 0;
	run->server->copy.counter += 1000;
	values[R_RAX] = run->server->copy.counter & UINT32_MAX;
	values[R_RDX] = run->server->copy.counter >> 32;
	if (instruction.kind == INSTRUCTION_RDTSCP)
		values[R_RCX] = 0;
	values[R_RIP] += instruction.length;
	return 1;
}

static void meet_watch(struct copy_run *run, uint64_t met)
{
	const struct breakpoints *breakpoints = &run->timeline->breakpoints;

	for (size_t i = 0; i < breakpoints->count; i++) {
		const struct breakpoint *one = &breakpoints->all[i];
		const struct watch_region *region =
			one->kind < WATCH_WRITE ? NULL :
			breakpoints_region(breakpoints, met, one->kind,
					   one->address, one->length);

		if (!region)
			continue;
		stop_with(run, STOP_WATCH, SIGTRAP);
		run->stop.watch = one->kind;
		run->stop.address = region->met_at;
	}
}

/* met: watched regions; is_inserted: at the int3 of a breakpoint. */
static void meet_trap(struct copy_run *run, uint64_t met, int is_inserted)
{
	uint64_t *rip = &run->task->registers.value[R_RIP];

	if (is_inserted) {
		*rip -= 1;
		if (breakpoints_met(&run->timeline->breakpoints, run->task,
				    inspect_program_place(run->task)))
			stop_with(run, STOP_BREAK, SIGTRAP);
		else
			run->is_over = 1;
		return;
	}
	if (met)
		meet_watch(run, met);
	else if (!run->is_step && !run->is_unmet)
		stop_with(run, STOP_SIGNAL, SIGTRAP);
}

/* gdb has the end of its calls on the stack, where nothing may run. */
static void meet_signal(struct copy_run *run, int number)
{
	uint64_t rip = run->task->registers.value[R_RIP];

	if (number == SIGSTOP)
		return; /* from outside */
	if ((number == SIGSEGV || number == SIGILL) &&
	    breakpoints_at(&run->timeline->breakpoints,
			   run->task->recorded_tgid, rip))
		stop_with(run, STOP_BREAK, SIGTRAP);
	else if (!read_counter(run))
		stop_with(run, STOP_SIGNAL, number);
}

static int resume(struct copy_run *run, int request, uint64_t *met_out,
		  int *is_inserted_out)
{
	struct breakpoints *breakpoints = &run->timeline->breakpoints;
	struct replay_task *task = run->task;
	siginfo_t info;
	int err;

	*met_out = 0;
	*is_inserted_out = 0;
	run->timeline->running = task->task.tid;
	do
		err = replay_resume_task(run->timeline->replayer, task,
					 request, &run->status);
	while (!err && replay_takes_detour(task, run->status));
	run->timeline->running = 0;
	if (err || !WIFSTOPPED(run->status)) {
		breakpoints_lose(breakpoints);
		return err;
	}
	err = replay_get_registers(run->timeline->replayer, task);
	if (err || WSTOPSIG(run->status) != SIGTRAP ||
	    task_get_siginfo(&task->task, &info))
		return err;
	watch_take_reason(&breakpoints->watch, task, &info,
			  request != PTRACE_SYSEMU ? WATCH_STEPPED :
			  WATCH_RAN);
	*met_out = watch_met(&breakpoints->watch, task,
			     request != PTRACE_SYSEMU);
	run->is_unmet = !*met_out && watch_has_stopped(&breakpoints->watch);
	*is_inserted_out = info.si_code == SI_KERNEL &&
		breakpoints_is_inserted(breakpoints,
					task->registers.value[R_RIP] - 1);
	return 0;
}

static void insert(struct copy_run *run, int request)
{
	struct breakpoints *breakpoints = &run->timeline->breakpoints;

	watch_clear(&breakpoints->watch);
	if (request == PTRACE_SYSEMU)
		breakpoints_insert(breakpoints, run->task);
	breakpoints_watch(breakpoints, run->task);
	if (request == PTRACE_SYSEMU)
		watch_close(&breakpoints->watch, run->task);
	else
		watch_look(&breakpoints->watch, run->task);
}

/* To the next stop of any kind. */
static int run_once(struct copy_run *run)
{
	struct breakpoints *breakpoints = &run->timeline->breakpoints;
	int over = run->is_over;
	int request = run->is_step || over ? PTRACE_SYSEMU_SINGLESTEP :
		      PTRACE_SYSEMU;
	uint64_t met;
	int is_inserted, is_fault, err;

	run->is_over = 0;
	insert(run, request);
	err = resume(run, request, &met, &is_inserted);
	if (err)
		return err;
	is_fault = watch_is_fault(&breakpoints->watch, run->task, run->status);
	if (WIFSTOPPED(run->status))
		err = breakpoints_take_out(breakpoints, run->task);
	if (err)
		return err;
	if (is_fault)
		run->is_over = 1; /* at what it does with watched memory */
	else if (!WIFSTOPPED(run->status))
		stop_with(run, STOP_SIGNAL, SIGKILL);
	else if (status_is_syscall(run->status))
		err = meet_call(run);
	else if (WSTOPSIG(run->status) != SIGTRAP)
		meet_signal(run, WSTOPSIG(run->status));
	else if (!over || met)
		meet_trap(run, met, is_inserted);
	return err;
}

static void end_step(struct copy_run *run)
{
	uint64_t rip = run->task->registers.value[R_RIP];

	if (run->stop.kind == STOP_NONE && run->is_step &&
	    (rip < run->start || rip >= run->end))
		stop_with(run, STOP_STEP, SIGTRAP);
	if (run->stop.kind == STOP_NONE && run->timeline->is_interrupted)
		stop_with(run, STOP_INTERRUPT, SIGINT);
}

static int run_copy(struct copy_run *run)
{
	int err = replay_get_registers(run->timeline->replayer, run->task);

	/* A breakpoint right here is met: to go over it is to remove it. */
	while (!err && run->stop.kind == STOP_NONE) {
		err = run_once(run);
		if (!err)
			end_step(run);
	}
	run->timeline->stop = run->stop;
	return err;
}

/* lldb has the code there that it wants to run. */
static int run_with_scratch(struct copy_run *run)
{
	struct gdb_server *server = run->server;
	struct gdb_copy *copy = &server->copy;
	int err;

	if (copy->scratch_process != run->task->recorded_tgid)
		copy->scratch_length = 0;
	copy->scratch_process = run->task->recorded_tgid;
	if (server->piece_count && gdb_scratch_give(server, run->task))
		gdb_print(server, "reel: there is no room for what the "
			  "debugger has compiled\n");
	err = run_copy(run);
	if (!err && run->task->task.tid)
		gdb_scratch_take(server, run->task);
	return err;
}

/* The thread that was sent elsewhere: this one, if it was; or NULL. */
static struct replay_task *find_sent(struct gdb_server *server, pid_t thread)
{
	struct timeline *timeline = server->timeline;
	struct replay_task *task = timeline_task(timeline, thread);

	if (task && differs(server, task, 0))
		return task;
	task = timeline_task(timeline, server->general);
	if (task && differs(server, task, 0))
		return task;
	task = NULL;
	while ((task = inspect_next(timeline->replayer, task)))
		if (timeline_is_attached(timeline, task->recorded_tgid) &&
		    differs(server, task, 0))
			return task;
	return NULL;
}

int gdb_copy_run(struct gdb_server *server, int is_step, pid_t thread,
		 uint64_t start, uint64_t end, int *err_out)
{
	struct copy_run run = {
		.server = server, .timeline = server->timeline,
		.start = start, .end = end, .is_step = is_step,
	};

	run.task = server->copy.is_there ? find_sent(server, thread) : NULL;
	if (!run.task)
		return 0;
	gdb_copy_say(server);
	run.stop.process = run.task->recorded_tgid;
	run.stop.thread = run.task->recorded_tid;
	*err_out = run_with_scratch(&run);
	if (!*err_out && !run.task->task.tid)
		*err_out = gdb_copy_discard(server);
	if (*err_out && server->copy.is_there) {
		server->timeline->is_lost = 1;
		gdb_copy_forget(server);
	}
	return 1;
}
