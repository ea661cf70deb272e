/* SPDX-License-Identifier: MIT */
/*
 * The instruction at the point is replaced by a jump to code that compares
 * (replay/point_code.h).  Where no jump can be put, a debug register stops the
 * task as it comes by; then it goes on in a copy of the loop that it is in.
 *
 * The jump may cover several instructions, and the program may enter in the
 * middle by ways that can't be foreseen (a scheduler of its own that goes on
 * where a signal stopped it).  The code is so placed that the jump's distance
 * has an int3 at each such entry.
 *
 * Where the program may write to its own code, the page is read-only for the
 * while, and what it writes is done for it with the jump out of the way.
 */
#include "replay/point_trap.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "traces/report.h"

#define PAGE 4096ul
#define NEAREST (256 * PAGE) /* of the code: programs grow, too */
#define REACH 0x70000000ul   /* of a jump, less what is mapped */
#define HOLE_TRIES 16u	     /* places in a hole */
#define LANDING_LENGTH (2 * PAGE)
/* After so many, the task does better without the jump. */
#define WRITES_MAX 256u
#define ENTERED_MAX 64u

static struct address_space *space_of(const struct point_trap *trap)
{
	return trap->task->task.space;
}

/* ---- the jump ---- */

static int write_code(struct point_trap *trap, const uint8_t *bytes)
{
	return address_space_write(space_of(trap), trap->rip, bytes,
				   CODE_JUMP_LENGTH);
}

/* The pages that the jump is on: one, or two. */
static remote_addr jump_page(const struct point_trap *trap, unsigned number)
{
	return (trap->rip & ~(PAGE - 1)) + number * PAGE;
}

static unsigned jump_pages(const struct point_trap *trap)
{
	return trap->rip + CODE_JUMP_LENGTH > jump_page(trap, 1) ? 2 : 1;
}

/* Those that are not a copy of the task's own yet, a bit each. */
static unsigned find_pristine(const struct point_trap *trap)
{
	char path[64];
	unsigned found = 0;
	AUTO(fd_close) int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", trap->task->task.tid);
	fd = proc_is_ours() ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	for (unsigned i = 0; fd >= 0 && i < jump_pages(trap); i++) {
		uint64_t flags = 0;

		if (pread(fd, &flags, 8, (off_t)(jump_page(trap, i) / PAGE *
						 8)) == 8 &&
		    !(flags >> 62 & 1) &&
		    (!(flags >> 63 & 1) || (flags >> 61 & 1)))
			found |= 1u << i;
	}
	return found;
}

/* Finds out whether a jump can be put there. */
static void look_at_code(struct point_trap *trap)
{
	struct memory *memory = &space_of(trap)->memory;

	trap->code.length = trap->code.program_length = 0;
	if (memory->read(memory, trap->rip, trap->original,
			 sizeof(trap->original)) < CODE_JUMP_LENGTH)
		return;
	trap->code.length = code_patch_length(memory, trap->rip);
	trap->entries = code_patch_entries(memory, trap->rip,
					   trap->code.length);
}

static int place_jump(struct point_trap *trap)
{
	int32_t far = (int32_t)(trap->landing - (trap->rip + CODE_JUMP_LENGTH));

	trap->jump[0] = 0xe9;
	memcpy(trap->jump + 1, &far, sizeof(far));
	trap->pristine = find_pristine(trap);
	if (trap->is_shared || write_code(trap, trap->jump))
		return -EFAULT;
	trap->has_jump = 1;
	return 0;
}

/* The code without the jump, on pages of the file where it was on such. */
static void restore_code(struct point_trap *trap)
{
	uint8_t now[CODE_JUMP_LENGTH];

	for (unsigned i = 0; i < 2; i++) {
		uint64_t page[6] = { jump_page(trap, i), PAGE, MADV_DONTNEED };

		if (trap->pristine >> i & 1)
			replay_inject(trap->task, SYS_madvise, page);
	}
	if (address_space_read(space_of(trap), trap->rip, now, sizeof(now)) ||
	    memcmp(now, trap->original, sizeof(now)))
		write_code(trap, trap->original);
}

static void remove_jump(struct point_trap *trap)
{
	restore_code(trap);
	trap->has_jump = 0;
}

/* ---- the code it leads to ---- */

static int map_at(struct point_trap *trap, remote_addr addr)
{
	uint64_t arguments[6] = {
		addr, trap->area_length, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		(uint64_t)-1,
	};

	if (replay_inject(trap->task, SYS_mmap, arguments) != (int64_t)addr)
		return -ENOMEM;
	trap->area = addr;
	return 0;
}

/* Where the jump can lead to, near this, with traps at its entries. */
static remote_addr landing_near(const struct point_trap *trap,
				remote_addr addr, uint8_t last)
{
	remote_addr origin = trap->rip + CODE_JUMP_LENGTH;
	uint32_t distance = (uint32_t)(addr - origin);

	for (unsigned i = 0; i < 3; i++)
		if (trap->entries >> (i + 1) & 1) {
			distance &= ~(0xffu << (8 * i));
			distance |= (uint32_t)CODE_INT3 << (8 * i);
		}
	if (trap->entries >> 4 & 1)
		distance = (distance & 0xffffffu) | (uint32_t)last << 24;
	return origin + (remote_addr)(int64_t)(int32_t)distance;
}

static int map_landing(struct point_trap *trap, remote_addr addr, uint8_t last)
{
	if (!trap->entries) {
		trap->landing = addr;
		return map_at(trap, addr);
	}
	trap->landing = landing_near(trap, addr, last);
	return map_at(trap, trap->landing & ~(PAGE - 1));
}

/* In one of the holes between mappings, which may be few and far away. */
static int map_in_hole(struct point_trap *trap)
{
	struct process_maps maps;
	int err = -ENOMEM;

	if (process_maps_read(trap->task->task.tid, &maps))
		return err;
	for (size_t i = 1; i < maps.count && err; i++) {
		remote_addr start = maps.maps[i - 1].end;
		remote_addr length = maps.maps[i].start - start;

		/* Not at its ends: stacks grow down, and others up. */
		for (unsigned j = 1; j < HOLE_TRIES && err &&
		     length > 4 * trap->area_length; j++) {
			remote_addr addr = (start + length / HOLE_TRIES * j) &
					   ~(PAGE - 1);
			remote_addr far = addr - trap->rip + REACH;

			if (far < 2 * REACH)
				err = map_landing(trap, addr, CODE_INT3);
		}
	}
	process_maps_deinit(&maps);
	return err;
}

/*
 * Below the code, where no stack grows, if there is room.  An entry at the last
 * byte of the distance says how far away; there, instructions that are none in
 * 64-bit mode do, too.
 */
static int map_near(struct point_trap *trap)
{
	remote_addr base = trap->rip & ~(PAGE - 1);
	size_t tries = trap->entries >> 4 & 1 ? CODE_STOP_BYTES : 1;
	int err = -ENOMEM;

	trap->area_length = POINT_BLOCK_LENGTH +
			    (trap->entries ? LANDING_LENGTH : 0);
	for (size_t i = 0; i < 2 * tries && err; i++)
		for (remote_addr far = NEAREST; far < REACH && err;
		     far += far / 2 & ~(PAGE - 1)) {
			remote_addr addr = i & 1 ? base + far : base - far;

			if (i & 1 ? addr > base : far < base)
				err = map_landing(trap, addr,
						  code_patch_stop_bytes[i / 2]);
		}
	if (err && !(trap->entries >> 4 & 1))
		err = map_in_hole(trap);
	trap->code.block = trap->area +
			   (trap->entries ? LANDING_LENGTH : 0);
	return err;
}

static int write_landing(struct point_trap *trap)
{
	uint8_t jump[CODE_JUMP_LENGTH] = { 0xe9 };
	int32_t far = (int32_t)(trap->code.block -
				(trap->landing + CODE_JUMP_LENGTH));

	memcpy(jump + 1, &far, sizeof(far));
	return trap->entries ? address_space_write(space_of(trap),
						   trap->landing, jump,
						   sizeof(jump)) : 0;
}

static int write_block(struct point_trap *trap)
{
	int err = point_code_make(&trap->code);

	return err ? err : address_space_write(space_of(trap),
					       trap->code.block,
					       trap->code.bytes,
					       trap->code.used);
}

static void unmap_block(struct point_trap *trap)
{
	uint64_t arguments[6] = { trap->area, trap->area_length };

	if (trap->area)
		replay_inject(trap->task, SYS_munmap, arguments);
	trap->area = trap->code.block = 0;
}

/* The code's pages, and the code in them. */
static int map_block(struct point_trap *trap)
{
	uint64_t arguments[6] = { 0, 0, PROT_READ | PROT_EXEC };
	int err = map_near(trap);

	if (!err)
		err = write_block(trap);
	if (!err)
		err = write_landing(trap);
	arguments[0] = trap->area;
	arguments[1] = trap->area_length - POINT_DATA_LENGTH;
	if (!err && replay_inject(trap->task, SYS_mprotect, arguments))
		err = -ENOMEM;
	if (err)
		unmap_block(trap);
	return err;
}

/* ---- debug registers ---- */

static int set_debug_register(struct point_trap *trap, int number,
			      uint64_t value)
{
	if (ptrace(PTRACE_POKEUSER, trap->task->task.tid,
		   offsetof(struct user, u_debugreg) + (size_t)number * 8,
		   value))
		return -errno;
	return 0;
}

static int watch_place(struct point_trap *trap)
{
	int err = set_debug_register(trap, 0, trap->rip);

	if (!err)
		err = set_debug_register(trap, 7, 1);
	trap->has_register = !err;
	return err ? report(err, "event %llu: set a hardware breakpoint at "
			    "%#llx (no instruction there can be replaced)",
			    (unsigned long long)trap->event->number,
			    (unsigned long long)trap->rip) : 0;
}

/* ---- code that the program may write to ---- */

static int protect(struct point_trap *trap, int is_guarded)
{
	int err = 0;

	for (unsigned i = 0; i < trap->guard_count && !err; i++) {
		int protection = trap->guards[i].protection;
		uint64_t arguments[6] = {
			trap->guards[i].page, PAGE,
			(uint64_t)(is_guarded ? protection & ~PROT_WRITE :
						protection),
		};

		err = (int)replay_inject(trap->task, SYS_mprotect, arguments);
	}
	return err;
}

static void guard_page(struct point_trap *trap, const struct process_maps *maps,
		       remote_addr page)
{
	const struct process_map *code = process_maps_find(maps, page);

	for (size_t i = 0; code && i < maps->count; i++) {
		const struct process_map *map = &maps->maps[i];
		remote_addr there = map->start + page - code->start +
				    code->offset - map->offset;
		int is_same = map == code ||
			      (map->is_shared && code->is_shared &&
			       map->device == code->device &&
			       map->inode == code->inode &&
			       there >= map->start && there < map->end);

		if (!is_same || !(map->protection & PROT_WRITE))
			continue;
		if (trap->guard_count == POINT_GUARDS)
			trap->is_open = 1;
		else
			trap->guards[trap->guard_count++] =
				(struct point_guard){ there, map->protection };
	}
	trap->is_shared |= code && code->is_shared;
}

static void find_guards(struct point_trap *trap)
{
	struct process_maps maps;

	trap->guard_count = 0;
	if (process_maps_read(trap->task->task.tid, &maps))
		return;
	trap->is_shared = 0;
	for (unsigned i = 0; i < jump_pages(trap); i++)
		guard_page(trap, &maps, jump_page(trap, i));
	process_maps_deinit(&maps);
}

static int is_guarded(const struct point_trap *trap, remote_addr addr)
{
	for (unsigned i = 0; i < trap->guard_count; i++)
		if (addr - trap->guards[i].page < PAGE)
			return 1;
	return 0;
}

/* ---- out of the way ---- */

void point_trap_hide(struct point_trap *trap)
{
	if (trap->is_hidden)
		return;
	trap->is_hidden = 1;
	protect(trap, 0);
	/* It would stop before a breakpoint there does. */
	if (trap->has_register)
		set_debug_register(trap, 7, 0);
	if (!trap->has_jump)
		return;
	/* Copies on writable pages would count as changed memory. */
	if (trap->guard_count)
		restore_code(trap);
	else
		write_code(trap, trap->original);
}

void point_trap_show(struct point_trap *trap)
{
	if (!trap->is_hidden)
		return;
	trap->is_hidden = 0;
	if (trap->has_jump)
		write_code(trap, trap->jump);
	if (trap->has_register)
		watch_place(trap);
	protect(trap, 1);
}

/* ---- setting it ---- */

/* The code, and a jump to it; or a debug register and a loop; or that alone. */
static int set_trap(struct point_trap *trap)
{
	int err;

	trap->is_hidden = 0;
	look_at_code(trap);
	if (!trap->is_open && trap->code.length && !map_block(trap) &&
	    !place_jump(trap))
		return protect(trap, 1);
	unmap_block(trap);
	trap->code.length = trap->code.program_length = 0;
	trap->entries = 0;
	if (trap->is_open)
		trap->guard_count = 0;
	else
		map_block(trap);
	err = watch_place(trap);
	return err ? err : protect(trap, 1);
}

static void clear_trap(struct point_trap *trap)
{
	point_trap_hide(trap);
	if (trap->has_jump)
		remove_jump(trap);
	trap->has_register = 0;
	unmap_block(trap);
}

/* What is compared must not be what the jump itself changes. */
static int is_altered(struct point_trap *trap, remote_addr addr)
{
	uint64_t with = 0, without = 0;

	if (!trap->has_jump)
		return 0;
	point_trap_hide(trap);
	address_space_read(space_of(trap), addr, &without, sizeof(without));
	point_trap_show(trap);
	address_space_read(space_of(trap), addr, &with, sizeof(with));
	return with != without;
}

static int drop_altered_words(struct point_trap *trap)
{
	struct point_code *code = &trap->code;
	size_t kept = 0;

	for (size_t i = 0; i < code->test_count; i++)
		if (code->tests[i].kind != POINT_WORD ||
		    !is_altered(trap, code->tests[i].where))
			code->tests[kept++] = code->tests[i];
	if (kept == code->test_count)
		return 0;
	code->test_count = kept;
	return write_block(trap);
}

static int missed(struct point_trap *trap, int status)
{
	const char *what = "ended";

	if (WIFSTOPPED(status)) {
		task_get_registers(&trap->task->task, &trap->task->registers);
		trap->task->is_dirty = 1;
		what = status_is_syscall(status) ? "made a call" :
						   strsignal(WSTOPSIG(status));
	}
	return replay_diverged(trap->replayer, trap->task, trap->event,
			       "the recorded state was not met on the way: the "
			       "task %s (wait status %#x)", what, status);
}

static int step(struct point_trap *trap)
{
	int status;
	int err = replay_step_task(trap->replayer, trap->task, &status);

	if (!err && (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP))
		return missed(trap, status);
	return err ? err : replay_get_registers(trap->replayer, trap->task);
}

/* Out of what is replaced, or may soon be, it must get first. */
static int leave_replaced(struct point_trap *trap)
{
	const uint64_t *rip = &trap->task->registers.value[R_RIP];
	unsigned length = trap->code.length > CODE_JUMP_LENGTH ?
		trap->code.length : CODE_JUMP_LENGTH;
	int err = 0;

	while (!err && *rip > trap->rip && *rip < trap->rip + length)
		err = step(trap);
	return err;
}

int point_trap_set(struct point_trap *trap)
{
	int err;

	trap->code.memory = &space_of(trap)->memory;
	trap->code.rip = trap->rip;
	look_at_code(trap);
	err = leave_replaced(trap);
	if (!err)
		find_guards(trap);
	if (!err)
		err = set_trap(trap);
	return err ? err : drop_altered_words(trap);
}

void point_trap_remove(struct point_trap *trap)
{
	clear_trap(trap);
}

/* ---- meeting it ---- */

/* It came in by a way around the jump: the offset of the int3 there, or 0. */
static unsigned entered_at(const struct point_trap *trap, int status)
{
	uint64_t offset = trap->task->registers.value[R_RIP] - trap->rip;

	if (WSTOPSIG(status) == SIGTRAP)
		offset--;
	return trap->has_jump && offset && offset < CODE_JUMP_LENGTH &&
	       trap->entries >> offset & 1 ? (unsigned)offset : 0;
}

static void read_original(struct point_trap *trap, uint8_t *bytes)
{
	struct memory *memory = &space_of(trap)->memory;

	memset(bytes, 0, CODE_REPLACED_MAX);
	memory->read(memory, trap->rip, bytes, CODE_REPLACED_MAX);
}

/* Without jump and guards: each time it comes by, it stops. */
static int give_up_jump(struct point_trap *trap)
{
	read_original(trap, trap->original);
	clear_trap(trap);
	trap->is_hidden = 0;
	trap->code.length = 0;
	trap->guard_count = 0;
	return watch_place(trap);
}

/* The code may be another one now; the task is not in the block. */
static int renew(struct point_trap *trap)
{
	uint8_t now[CODE_REPLACED_MAX];

	read_original(trap, now);
	if (trap->has_jump && !memcmp(now, trap->original, trap->code.length))
		return 0;
	memcpy(trap->original, now, sizeof(now));
	clear_trap(trap);
	return set_trap(trap);
}

static int run_replaced(struct point_trap *trap, unsigned offset)
{
	int err;

	point_trap_hide(trap);
	trap->task->registers.value[R_RIP] = trap->rip + offset;
	err = leave_replaced(trap);
	if (!err && ++trap->entered > ENTERED_MAX)
		return give_up_jump(trap);
	if (!err)
		err = renew(trap);
	point_trap_show(trap);
	return err;
}

/*
 * Does for the task what it does to a page that holds its code.  In the block
 * it may change the very instructions that it has copies of there: so it does
 * that where they are.
 */
static int let_write(struct point_trap *trap)
{
	uint64_t *rip = &trap->task->registers.value[R_RIP];
	int err;

	point_trap_hide(trap);
	trap->pristine = 0; /* soon */
	if (*rip - trap->area < trap->area_length) {
		remote_addr origin = point_code_origin(&trap->code, *rip);

		bug_unless(origin, "no copy of an instruction at %#llx",
			   (unsigned long long)*rip);
		*rip = origin;
	}
	err = step(trap);
	if (!err)
		err = leave_replaced(trap);
	if (!err && ++trap->writes > WRITES_MAX)
		return give_up_jump(trap);
	if (!err)
		err = renew(trap);
	point_trap_show(trap);
	return err;
}

static int is_write(const struct point_trap *trap, int status)
{
	siginfo_t info;

	return WSTOPSIG(status) == SIGSEGV && trap->guard_count &&
	       !task_get_siginfo(&trap->task->task, &info) &&
	       info.si_code == SEGV_ACCERR &&
	       is_guarded(trap, (remote_addr)(uintptr_t)info.si_addr);
}

/* What the code saved would be memory that the digest does not know. */
int point_trap_clear_saved(struct point_trap *trap)
{
	static const uint8_t zeros[POINT_SAVED_LENGTH];

	return address_space_write(space_of(trap),
				   trap->code.block + POINT_SAVED, zeros,
				   sizeof(zeros));
}

int point_trap_take(struct point_trap *trap, int status,
		    enum point_stop *stop_out)
{
	uint64_t *rip = &trap->task->registers.value[R_RIP];
	int err;

	*stop_out = POINT_STOP_OTHER;
	if (!WIFSTOPPED(status) || status_is_syscall(status))
		return 0;
	err = replay_get_registers(trap->replayer, trap->task);
	if (err)
		return err;
	*stop_out = POINT_STOP_DONE;
	if (entered_at(trap, status))
		return run_replaced(trap, entered_at(trap, status));
	if (is_write(trap, status))
		return let_write(trap);
	*stop_out = POINT_STOP_OTHER;
	if (WSTOPSIG(status) != SIGTRAP)
		return 0;
	if (trap->code.block && *rip == trap->code.trap) {
		*stop_out = POINT_STOP_MET;
		*rip = trap->rip;
		return point_trap_clear_saved(trap);
	}
	if (*rip == trap->rip)
		*stop_out = POINT_STOP_MET;
	return 0;
}

int point_trap_run(struct point_trap *trap)
{
	enum point_stop stop = POINT_STOP_DONE;
	int status, err = 0;

	while (!err && stop == POINT_STOP_DONE) {
		err = replay_run_task(trap->replayer, trap->task, &status);
		if (!err)
			err = point_trap_take(trap, status, &stop);
		if (!err && stop == POINT_STOP_OTHER)
			err = missed(trap, status);
	}
	return err;
}

/* rcx is where the code expects to save it. */
int point_trap_go_on(struct point_trap *trap)
{
	struct replay_task *task = trap->task;

	if (!trap->code.block)
		return 0; /* the kernel sets the resume flag */
	task->registers.value[R_RIP] = trap->code.miss;
	return address_space_write(space_of(trap),
				   trap->code.block + POINT_SAVED,
				   &task->registers.value[R_RCX], 8);
}

int point_trap_add_test(struct point_trap *trap, const struct point_test *test)
{
	struct point_code *code = &trap->code;

	if (!code->block || code->test_count == POINT_TESTS_MAX ||
	    (test->kind == POINT_WORD && is_altered(trap, test->where)))
		return 0;
	for (size_t i = 0; i < code->test_count; i++)
		if (code->tests[i].kind == test->kind &&
		    code->tests[i].where == test->where)
			return 0;
	code->tests[code->test_count++] = *test;
	return write_block(trap);
}
