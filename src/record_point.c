/* SPDX-License-Identifier: MIT */
/*
 * Points: places in the middle of computing, where a signal is delivered or
 * another task gets its turn.  There is nothing to count instructions with, so
 * a point is known by the state of the task (traces/event.h, EVENT_POINT).
 *
 * The task was interrupted anywhere.  It is stepped to an instruction that
 * replay can replace by a jump, then once around the loop that it is in, if it
 * is in a short one: what changes on the way tells one pass from another.
 *
 * The state must hold all that can matter.  Where it can't, no point is taken,
 * and signals and other tasks go on waiting for the task's next call.
 */
#include "src/recorder.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "src/code_patch.h"
#include "src/process_maps.h"
#include "traces/report.h"

#define SIGNAL_AGE_NS 4000000ull /* a call may come by itself till then */
#define SEARCH_STEPS 32u	 /* for an instruction to be replaced */
#define PASS_STEPS 1024u	 /* for one pass of a loop */
#define WORDS_MAX 256u		 /* seen in a pass */
#define WORDS_TAKEN 24u
#define FRAME_BELOW 128u	 /* the red zone */
#define FRAME_LENGTH 768u
#define DIGEST_PAGES (1u << 18)	 /* 1 GiB */
#define COST_FACTOR 4u /* time that passes between points, in their cost */
/* Larger writable mappings are not in a digest (memory_digest.c). */
#define SHARED_LIMIT (16ul << 20)
#define PRIVATE_LIMIT (16ul << 30)

#define FLAG_TRAP 0x100u    /* single stepping by the program itself */
#define FLAG_RESUME 0x10000u /* of the processor, not of the program */

enum step {
	STEP_DONE,
	STEP_CALL,  /* next is a system call: an event is near */
	STEP_STAY,  /* next is what must not be stepped */
	STEP_OTHER, /* the task stopped for another reason: search->status */
};

struct touched_word {
	remote_addr addr; /* a multiple of 8 */
	uint64_t before;  /* when it was touched first */
	uint64_t now;
	int is_written;
};

struct point_search {
	struct recorder *recorder;
	struct record_task *task;
	struct process_maps maps;
	struct registers registers; /* current */
	unsigned steps;
	int status;
	csh disassembler;
	cs_insn *insn;
	uint32_t changed; /* registers, from pass to pass */
	struct touched_word words[WORDS_MAX];
	size_t word_count;
};

int record_wants_point(const struct record_task *task)
{
	const struct withheld_signal *signal = task->withheld;
	uint64_t now = now_ns();

	while (signal && (signal->is_sent ||
			  now - signal->since_ns < SIGNAL_AGE_NS))
		signal = signal->next;
	return signal && now >= task->next_point_ns &&
	       record_deliverable(task) != NULL;
}

/* ---- steps ---- */

static int look_up_registers(struct point_search *search)
{
	if (task_get_registers(&search->task->task, &search->registers))
		return -ESRCH;
	search->registers.value[R_ORIG_RAX] = (uint64_t)-1;
	if (!(search->registers.value[R_EFLAGS] & FLAG_RESUME))
		return 0;
	search->registers.value[R_EFLAGS] &= ~(uint64_t)FLAG_RESUME;
	return task_set_registers(&search->task->task, &search->registers);
}

/* What the next instruction is, in search->insn; its length or 0. */
static size_t decode_next(struct point_search *search, uint8_t bytes[15])
{
	uint64_t address = search->registers.value[R_RIP];
	struct memory *memory = &space_of(search->task)->memory;
	size_t left = memory->read(memory, address, bytes, 15);
	const uint8_t *next = bytes;

	return cs_disasm_iter(search->disassembler, &next, &left, &address,
			      search->insn) ? search->insn->size : 0;
}

static enum step may_step(struct point_search *search)
{
	uint8_t bytes[15] = { 0 };
	size_t length = decode_next(search, bytes);

	if (!length)
		return STEP_STAY;
	switch (search->insn->id) {
	case X86_INS_SYSCALL:
	case X86_INS_SYSENTER:
	case X86_INS_INT:
		return STEP_CALL;
	case X86_INS_INT1:
	case X86_INS_INT3:
	case X86_INS_INTO:
	case X86_INS_PUSHF: /* the program would see the stepping */
	case X86_INS_PUSHFD:
	case X86_INS_PUSHFQ:
	case X86_INS_POPF:
	case X86_INS_POPFD:
	case X86_INS_POPFQ:
	case X86_INS_IRET:
	case X86_INS_IRETD:
	case X86_INS_IRETQ:
		return STEP_STAY;
	}
	if (search->registers.value[R_EFLAGS] & FLAG_TRAP ||
	    space_find_site(search->task, search->registers.value[R_RIP]) ||
	    instruction_decode(bytes, length).kind != INSTRUCTION_NONE)
		return STEP_STAY;
	return STEP_DONE;
}

static int is_signal_stop(int status)
{
	return WIFSTOPPED(status) && !status_event(status) &&
	       !status_is_syscall(status) && WSTOPSIG(status) != SIGTRAP;
}

/* Waits for the stop that resuming by a request brings. */
static enum step go(struct point_search *search, int request)
{
	struct task *task = &search->task->task;
	siginfo_t info;

	do {
		if (task_resume(task, request, 0) ||
		    task_wait(task, &search->status))
			return STEP_CALL; /* gone: its end will be reported */
	} while (is_signal_stop(search->status) &&
		 record_withhold(search->task, WSTOPSIG(search->status)));
	if (!WIFSTOPPED(search->status) || status_event(search->status) ||
	    WSTOPSIG(search->status) != SIGTRAP ||
	    task_get_siginfo(task, &info) ||
	    (info.si_code != TRAP_TRACE && info.si_code != TRAP_HWBKPT))
		return STEP_OTHER;
	return look_up_registers(search) ? STEP_CALL : STEP_DONE;
}

static int is_string_instruction(const uint8_t *bytes, size_t length)
{
	size_t i = 0;

	while (i < length && (bytes[i] == 0x66 || bytes[i] == 0x67 ||
			      (bytes[i] & 0xf0) == 0x40))
		i++;
	if (i == length || (bytes[i] & 0xfe) != 0xf2)
		return 0;
	for (i++; i < length && (bytes[i] == 0x66 || bytes[i] == 0x67 ||
				 (bytes[i] & 0xf0) == 0x40);)
		i++;
	return i < length && ((bytes[i] >= 0xa4 && bytes[i] <= 0xa7) ||
			      (bytes[i] >= 0xaa && bytes[i] <= 0xaf));
}

static int set_debug_register(struct point_search *search, int number,
			      uint64_t value)
{
	return (int)ptrace(PTRACE_POKEUSER, search->task->task.tid,
			   offsetof(struct user, u_debugreg) +
			   (size_t)number * 8, value);
}

/*
 * One step.  A string instruction that repeats is one for us, and not one for
 * each repetition.
 */
static enum step take_step(struct point_search *search)
{
	uint8_t bytes[15] = { 0 };
	enum step step = may_step(search);
	size_t length;

	if (step != STEP_DONE)
		return step;
	length = decode_next(search, bytes);
	search->steps++;
	if (!is_string_instruction(bytes, length))
		return go(search, PTRACE_SINGLESTEP);
	if (set_debug_register(search, 0, search->registers.value[R_RIP] +
			       length) || set_debug_register(search, 7, 1))
		return STEP_STAY;
	step = go(search, PTRACE_CONT);
	set_debug_register(search, 7, 0);
	return step;
}

/* ---- where ---- */

/* Whether replay can put a jump here. */
static int is_patchable(struct point_search *search)
{
	remote_addr rip = search->registers.value[R_RIP];
	const struct process_map *map = process_maps_find(&search->maps, rip);

	return map && !map->is_shared && !(map->protection & PROT_WRITE) &&
	       code_patch_length(&space_of(search->task)->memory, rip) &&
	       may_step(search) == STEP_DONE;
}

static enum step find_patchable(struct point_search *search)
{
	unsigned limit = search->steps + SEARCH_STEPS;
	enum step step = take_step(search);

	while (step == STEP_DONE && search->steps < limit &&
	       !is_patchable(search))
		step = take_step(search);
	return step;
}

/* ---- what changes in a loop ---- */

static int register_of(x86_reg reg)
{
	static const struct {
		uint16_t reg;
		uint8_t index;
	} known[] = {
		{ X86_REG_RAX, R_RAX }, { X86_REG_RBX, R_RBX },
		{ X86_REG_RCX, R_RCX }, { X86_REG_RDX, R_RDX },
		{ X86_REG_RSI, R_RSI }, { X86_REG_RDI, R_RDI },
		{ X86_REG_RBP, R_RBP }, { X86_REG_RSP, R_RSP },
		{ X86_REG_R8, R_R8 },	{ X86_REG_R9, R_R9 },
		{ X86_REG_R10, R_R10 }, { X86_REG_R11, R_R11 },
		{ X86_REG_R12, R_R12 }, { X86_REG_R13, R_R13 },
		{ X86_REG_R14, R_R14 }, { X86_REG_R15, R_R15 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].reg == reg)
			return known[i].index;
	return -1;
}

static remote_addr operand_address(const struct point_search *search,
				   const x86_op_mem *mem)
{
	const uint64_t *values = search->registers.value;
	remote_addr addr = (remote_addr)mem->disp;

	if (mem->base == X86_REG_RIP)
		addr += values[R_RIP] + search->insn->size;
	else if (register_of(mem->base) >= 0)
		addr += values[register_of(mem->base)];
	if (register_of(mem->index) >= 0)
		addr += values[register_of(mem->index)] * (uint64_t)mem->scale;
	if (mem->segment == X86_REG_FS)
		addr += values[R_FS_BASE];
	else if (mem->segment == X86_REG_GS)
		addr += values[R_GS_BASE];
	return addr & ~(remote_addr)7;
}

static void touch(struct point_search *search, remote_addr addr, int is_written)
{
	struct touched_word *word = search->words;
	size_t i;

	for (i = 0; i < search->word_count && word->addr != addr; i++)
		word++;
	if (i == search->word_count) {
		if (i == WORDS_MAX)
			return;
		word->addr = addr;
		if (address_space_read(space_of(search->task), addr,
				       &word->before, sizeof(word->before)))
			return;
		word->is_written = 0;
		search->word_count++;
	}
	word->is_written |= is_written;
}

/* The words that the next instruction reads and writes. */
static void touch_operands(struct point_search *search)
{
	uint8_t bytes[15];
	const cs_x86 *x86;

	if (!decode_next(search, bytes) || search->insn->id == X86_INS_LEA ||
	    search->insn->id == X86_INS_NOP)
		return;
	x86 = &search->insn->detail->x86;
	for (uint8_t i = 0; i < x86->op_count; i++)
		if (x86->operands[i].type == X86_OP_MEM)
			touch(search, operand_address(search,
						      &x86->operands[i].mem),
			      i == 0);
}

static uint32_t changed_registers(const struct registers *a,
				  const struct registers *b)
{
	uint32_t changed = 0;

	for (int i = 0; i < R_COUNT; i++)
		if (a->value[i] != b->value[i])
			changed |= 1u << i;
	return changed;
}

/* Steps until it comes by this instruction again, if it soon does. */
static enum step step_one_pass(struct point_search *search)
{
	struct registers first = search->registers;
	unsigned limit = search->steps + PASS_STEPS;
	enum step step = STEP_DONE;

	do {
		touch_operands(search);
		step = take_step(search);
	} while (step == STEP_DONE && search->steps < limit &&
		 search->registers.value[R_RIP] != first.value[R_RIP]);
	if (step != STEP_DONE)
		return step;
	if (search->registers.value[R_RIP] != first.value[R_RIP])
		return is_patchable(search) ? STEP_DONE :
					      find_patchable(search);
	search->changed = changed_registers(&first, &search->registers);
	return STEP_DONE;
}

/* ---- the state ---- */

/* False where something that can matter is not in a digest. */
static int is_within_digest(const struct process_maps *maps)
{
	for (size_t i = 0; i < maps->count; i++) {
		const struct process_map *map = &maps->maps[i];

		if ((map->protection & PROT_WRITE) &&
		    (!(map->protection & PROT_READ) ||
		     map->end - map->start >
		     (map->is_shared ? SHARED_LIMIT : PRIVATE_LIMIT)))
			return 0;
	}
	return 1;
}

static void add_memory(struct point_search *search, struct effect_list *effects,
		       remote_addr addr, size_t length)
{
	struct effect *effect = effect_list_add_bytes(effects, EFFECT_INPUT,
						      NULL, length);
	struct memory *memory = &space_of(search->task)->memory;

	effect->address = addr;
	effect->length = memory->read(memory, addr, (void *)effect->bytes,
				      length);
	if (!effect->length)
		effects->count--;
}

/* How well a word tells passes apart. */
static int rank(const struct touched_word *word)
{
	return word->now != word->before ? 2 : word->is_written;
}

static void add_words(struct point_search *search, struct effect_list *effects)
{
	size_t taken = 0;

	for (size_t i = 0; i < search->word_count; i++)
		address_space_read(space_of(search->task),
				   search->words[i].addr,
				   &search->words[i].now, sizeof(uint64_t));
	for (int wanted = 2; wanted >= 0; wanted--)
		for (size_t i = 0; i < search->word_count &&
		     taken < WORDS_TAKEN; i++)
			if (rank(&search->words[i]) == wanted) {
				add_memory(search, effects,
					   search->words[i].addr, 8);
				taken++;
			}
	/* Outer loops keep their counters here. */
	add_memory(search, effects,
		   search->registers.value[R_RSP] - FRAME_BELOW, FRAME_LENGTH);
}

static int append_point(struct point_search *search,
			const struct memory_digest *digest)
{
	struct event event = {
		.kind = EVENT_POINT,
		.detail = (int32_t)search->changed,
	};
	struct effect_list effects = { 0 };
	uint8_t xstate[XSTATE_ROOM];
	struct effect *effect;
	ssize_t length;
	int err;

	memcpy(event.registers, search->registers.value,
	       sizeof(event.registers));
	effect = effect_list_add(&effects, EFFECT_DIGEST);
	effect->offset = digest->hash;
	effect->extent = digest->pages;
	length = task_get_xstate(&search->task->task, xstate, sizeof(xstate));
	if (length > 0)
		effect_list_add_bytes(&effects, EFFECT_XSTATE, xstate,
				      (size_t)length);
	add_words(search, &effects);
	err = recorder_append(search->recorder, search->task, &event, &effects);
	effect_list_deinit(&effects);
	/* It may come by with the same registers again. */
	search->task->last = (struct registers){ 0 };
	search->task->at_boundary = 0;
	return err;
}

/* ---- all of it ---- */

/* No point: the task goes on as if it had not been interrupted. */
static int go_on(struct point_search *search)
{
	search->task->state = TASK_RUNNING;
	return recorder_resume(search->task, PTRACE_SYSCALL, 0);
}

static int take_point(struct point_search *search)
{
	struct record_task *task = search->task;
	struct memory_digest digest;
	int err;

	/* Nobody writes now: calls of others have buffers of their own. */
	if (memory_digest(&task->task, DIGEST_PAGES,
			  search->registers.value[R_RSP], &digest))
		return go_on(search);
	err = append_point(search, &digest);
	if (err)
		return err;
	if (record_deliverable(task))
		return record_deliver_at_point(search->recorder, task);
	recorder_make_ready(search->recorder, task);
	return 0;
}

static int search_and_take(struct point_search *search)
{
	enum step step;

	if (look_up_registers(search))
		return 0;
	if (!is_within_digest(&search->maps))
		return go_on(search);
	step = find_patchable(search);
	if (step == STEP_DONE && is_patchable(search))
		step = step_one_pass(search);
	if (step == STEP_OTHER)
		return recorder_handle_status(search->recorder,
					      search->task->task.tid,
					      search->status);
	/* After no step there would be no stop to deliver a signal from. */
	if (step == STEP_CALL || !search->steps)
		return go_on(search);
	return take_point(search);
}

int record_point(struct recorder *recorder, struct record_task *task)
{
	struct point_search search = { .recorder = recorder, .task = task };
	pid_t tid = task->task.tid;
	uint64_t began = now_ns();
	int err;

	task->is_point_wanted = 0;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &search.disassembler))
		return report(-ENOMEM, "task %d: decode its code",
			      task->task.tid);
	cs_option(search.disassembler, CS_OPT_DETAIL, CS_OPT_ON);
	search.insn = cs_malloc(search.disassembler);
	if (process_maps_read(task->task.tid, &search.maps)) {
		search.maps = (struct process_maps){ 0 };
		err = go_on(&search);
	} else {
		err = search_and_take(&search);
		process_maps_deinit(&search.maps);
	}
	cs_free(search.insn, 1);
	cs_close(&search.disassembler);
	task = recorder_find(recorder, tid); /* it may be gone */
	if (task)
		task->next_point_ns = now_ns() +
				      (now_ns() - began) * COST_FACTOR;
	return err;
}
