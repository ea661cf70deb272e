/* SPDX-License-Identifier: MIT */
#include "src/seccomp_wrap.h"

#include <asm/unistd_64.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/prctl.h>
#include <linux/time.h>
#include <string.h>

#include "src/agent_layout.h"
#include "traces/report.h"

#ifndef SECCOMP_RET_USER_NOTIF
#define SECCOMP_RET_USER_NOTIF 0x7fc00000u
#endif

/* ---- the wrap ---- */

struct rule {
	int number;
	int serves, serves_too; /* calls of the program's; -1: none needed */
};

/* What the agent calls for itself (src/agent*.c). */
static const struct rule own_rules[] = {
	{ __NR_fstat, -1, -1 },
	{ __NR_getsockopt, -1, -1 },
	{ __NR_rt_sigprocmask, -1, -1 },
	{ __NR_rt_sigpending, -1, -1 },
	{ __NR_getrandom, -1, -1 },
	{ __NR_getcpu, -1, -1 },
	{ __NR_gettimeofday, -1, -1 }, /* for the vDSO, as */
	{ __NR_time, -1, -1 },	       /* clock_gettime(2) below */
	{ __NR_newfstatat, __NR_open, __NR_openat },
	{ __NR_preadv2, __NR_read, __NR_readv },
	{ __NR_pwritev2, __NR_write, __NR_write },
	{ __NR_recvfrom, __NR_read, __NR_recvfrom },
	{ __NR_sendto, __NR_write, __NR_sendto },
	{ __NR_sendmsg, __NR_sendmsg, __NR_sendmsg },
	{ __NR_recvmsg, __NR_recvmsg, __NR_recvmsg },
	{ __NR_poll, __NR_poll, __NR_ppoll },
	{ __NR_epoll_wait, __NR_epoll_wait, __NR_epoll_pwait },
};

/* Those of which one argument is looked at. */
static const struct request {
	unsigned number, argument, count, values[7];
} own_requests[] = {
	{ __NR_fcntl, 1, 1, { F_GETFL } },
	{ __NR_prctl, 0, 1, { PR_SET_TSC } },
	{ __NR_clock_gettime, 0, 7,
	  { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,
	    CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,
	    CLOCK_TAI } },
};

#define RULES (sizeof(own_rules) / sizeof(*own_rules))
#define REQUESTS (sizeof(own_requests) / sizeof(*own_requests))
#define HIGH(pointer) ((uint32_t)((pointer) >> 32))

struct builder {
	struct sock_filter *code;
	size_t length;
};

static void load(struct builder *builder, size_t offset)
{
	builder->code[builder->length++] = (struct sock_filter)
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

static void give(struct builder *builder, uint32_t verdict)
{
	builder->code[builder->length++] = (struct sock_filter)
		BPF_STMT(BPF_RET | BPF_K, verdict);
}

static void give_loaded(struct builder *builder)
{
	builder->code[builder->length++] = (struct sock_filter)
		BPF_STMT(BPF_RET | BPF_A, 0);
}

/* Returns where the jump is, for land(). */
static size_t jump_if(struct builder *builder, uint16_t test, uint32_t value)
{
	builder->code[builder->length] = (struct sock_filter)
		BPF_JUMP(BPF_JMP | test | BPF_K, value, 0, 0);
	return builder->length++;
}

/* What the jump leads to if its test holds, or if not, is here. */
static void land(struct builder *builder, size_t from, int holds)
{
	size_t distance = builder->length - from - 1;

	bug_unless(distance < 256, "a jump of %zu in a filter", distance);
	if (holds)
		builder->code[from].jt = (uint8_t)distance;
	else
		builder->code[from].jf = (uint8_t)distance;
}

/* if (loaded == value) return verdict; */
static void give_if(struct builder *builder, uint32_t value, uint32_t verdict)
{
	size_t test = jump_if(builder, BPF_JEQ, value);

	give(builder, verdict);
	land(builder, test, 0);
}

static int is_served(const struct seccomp_filter *filter,
		     const struct rule *rule)
{
	return rule->serves < 0 ||
	       seccomp_allows_always(filter, rule->serves) ||
	       seccomp_allows_always(filter, rule->serves_too);
}

static void judge_request(struct builder *builder,
			  const struct request *request)
{
	size_t test = jump_if(builder, BPF_JEQ, request->number);

	load(builder, offsetof(struct seccomp_data, args) +
	     8 * request->argument);
	for (unsigned i = 0; i < request->count; i++)
		give_if(builder, request->values[i], SECCOMP_RET_ALLOW);
	give(builder, SECCOMP_RET_ERRNO | ENOSYS);
	land(builder, test, 0);
}

/* The agent's own calls. */
static void judge_own(struct builder *builder,
		      const struct seccomp_filter *filter)
{
	size_t arch;

	load(builder, offsetof(struct seccomp_data, arch));
	arch = jump_if(builder, BPF_JEQ, AUDIT_ARCH_X86_64);
	give(builder, SECCOMP_RET_ERRNO | ENOSYS);
	land(builder, arch, 1);
	load(builder, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < RULES; i++)
		if (is_served(filter, &own_rules[i]))
			give_if(builder, (uint32_t)own_rules[i].number,
				SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < REQUESTS; i++)
		judge_request(builder, &own_requests[i]);
	give(builder, SECCOMP_RET_ERRNO | ENOSYS);
}

/*
 * The verdict is in the instruction pointer.  Only the filter whose listener it
 * is may ask a supervisor.
 */
static void answer(struct builder *builder, const struct seccomp_filter *filter)
{
	load(builder, offsetof(struct seccomp_data, instruction_pointer));
	if (!filter->has_listener)
		give_if(builder, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ALLOW);
	give_loaded(builder);
}

/* Anywhere in the program: nothing, but for death. */
static void judge_elsewhere(struct builder *builder)
{
	size_t test;

	load(builder, offsetof(struct seccomp_data, args[5]) + 4);
	test = jump_if(builder, BPF_JEQ, SECCOMP_DEATH);
	load(builder, offsetof(struct seccomp_data, args[5]));
	give_if(builder, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_PROCESS);
	give_if(builder, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_THREAD);
	land(builder, test, 0);
	give(builder, SECCOMP_RET_ALLOW);
}

size_t seccomp_wrap(const struct seccomp_filter *filter,
		    struct sock_filter *code_out)
{
	struct builder builder = { code_out, 0 };
	size_t high, agent, own, elsewhere;

	load(&builder, offsetof(struct seccomp_data, instruction_pointer) + 4);
	high = jump_if(&builder, BPF_JEQ, 0);
	give_if(&builder, HIGH(SECCOMP_PASS_POINTER), SECCOMP_RET_ALLOW);
	elsewhere = jump_if(&builder, BPF_JEQ, HIGH(SECCOMP_ANSWER_POINTER));
	answer(&builder, filter);
	land(&builder, high, 1);
	load(&builder, offsetof(struct seccomp_data, instruction_pointer));
	agent = jump_if(&builder, BPF_JEQ, AGENT_CALL_END);
	own = jump_if(&builder, BPF_JEQ, AGENT_OWN_CALL_END);
	judge_own(&builder, filter);
	land(&builder, own, 0);
	land(&builder, elsewhere, 0);
	judge_elsewhere(&builder);
	land(&builder, agent, 1);
	/* As the program's filter finds it when it is the first. */
	builder.code[builder.length++] = (struct sock_filter)
		BPF_STMT(BPF_LD | BPF_IMM, 0);
	bug_unless(builder.length <= SECCOMP_WRAP_MAX,
		   "a filter's wrap has %zu instructions", builder.length);
	memcpy(builder.code + builder.length, filter->code,
	       filter->length * sizeof(*filter->code));
	return builder.length + filter->length;
}

/* ---- what a call can meet ---- */

enum { MEETS_ALLOW = 1, MEETS_ERROR = 2, MEETS_OTHER = 4 };

#define STEPS_MAX 20000u /* in search of all verdicts on a number */

struct value {
	uint32_t value;
	int is_known;
};

/* A run with only the number known. */
struct run {
	const struct seccomp_filter *filter;
	uint32_t number;
	unsigned *steps;
	size_t at;
	struct value a, x, scratch[BPF_MEMWORDS];
};

static int meets(uint32_t verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return MEETS_ALLOW;
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_ERRNO:
		return MEETS_ERROR;
	}
	return MEETS_OTHER;
}

static struct value word_of(const struct run *run, uint32_t offset)
{
	switch (offset) {
	case offsetof(struct seccomp_data, nr):
		return (struct value){ run->number, 1 };
	case offsetof(struct seccomp_data, arch):
		return (struct value){ AUDIT_ARCH_X86_64, 1 };
	}
	return (struct value){ 0, 0 };
}

static struct value loaded(const struct run *run,
			   const struct sock_filter *instruction)
{
	switch (BPF_MODE(instruction->code)) {
	case BPF_ABS:
		return word_of(run, instruction->k);
	case BPF_MEM:
		return run->scratch[instruction->k % BPF_MEMWORDS];
	case BPF_LEN:
		return (struct value){ sizeof(struct seccomp_data), 1 };
	}
	return (struct value){ instruction->k, 1 };
}

/* Where a call is made it makes from the agent, too: elsewhere. */
static int looks_at_place(const struct sock_filter *instruction)
{
	size_t place = offsetof(struct seccomp_data, instruction_pointer);

	return BPF_CLASS(instruction->code) == BPF_LD &&
	       BPF_MODE(instruction->code) == BPF_ABS &&
	       (instruction->k == place || instruction->k == place + 4);
}

/* By zero it is death. */
static int may_divide(const struct sock_filter *instruction)
{
	return BPF_CLASS(instruction->code) == BPF_ALU &&
	       BPF_OP(instruction->code) == BPF_DIV &&
	       BPF_SRC(instruction->code) == BPF_X;
}

static void move(struct run *run, const struct sock_filter *instruction)
{
	uint32_t slot = instruction->k % BPF_MEMWORDS;

	switch (BPF_CLASS(instruction->code)) {
	case BPF_LD:
		run->a = loaded(run, instruction);
		break;
	case BPF_LDX:
		run->x = loaded(run, instruction);
		break;
	case BPF_ST:
		run->scratch[slot] = run->a;
		break;
	case BPF_STX:
		run->scratch[slot] = run->x;
		break;
	case BPF_ALU:
		/* Few filters compute, and with arguments only. */
		run->a.is_known = 0;
		break;
	case BPF_MISC:
		if (BPF_MISCOP(instruction->code) == BPF_TAX)
			run->x = run->a;
		else
			run->a = run->x;
		break;
	}
}

static int holds(uint16_t code, uint32_t a, uint32_t b)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	}
	return (a & b) != 0; /* BPF_JSET */
}

static int meets_from(struct run *run);

/* Both ways, where it is not known which. */
static int follow(struct run *run, const struct sock_filter *instruction)
{
	struct value other = BPF_SRC(instruction->code) == BPF_X ? run->x :
		(struct value){ instruction->k, 1 };
	struct run branch;

	if (BPF_OP(instruction->code) == BPF_JA) {
		run->at += instruction->k;
		return 0;
	}
	if (run->a.is_known && other.is_known) {
		run->at += holds(instruction->code, run->a.value,
				 other.value) ?
			instruction->jt : instruction->jf;
		return 0;
	}
	branch = *run;
	branch.at += instruction->jt;
	run->at += instruction->jf;
	return instruction->jt == instruction->jf ? 0 : meets_from(&branch);
}

/* Jumps go forward only, so this ends. */
static int meets_from(struct run *run)
{
	int all = 0;

	while (run->at < run->filter->length && ++*run->steps < STEPS_MAX) {
		const struct sock_filter *instruction =
			&run->filter->code[run->at++];

		if (BPF_CLASS(instruction->code) == BPF_RET)
			return all | (BPF_RVAL(instruction->code) == BPF_A ?
				      MEETS_OTHER : meets(instruction->k));
		if (looks_at_place(instruction) || may_divide(instruction))
			return all | MEETS_OTHER;
		if (BPF_CLASS(instruction->code) == BPF_JMP)
			all |= follow(run, instruction);
		else
			move(run, instruction);
	}
	return all | MEETS_OTHER;
}

static int is_in(const uint8_t *set, int number)
{
	return number >= 0 && (unsigned)number < SECCOMP_NUMBERS &&
	       (set[number / 8] >> number % 8 & 1);
}

int seccomp_allows_always(const struct seccomp_filter *filter, int number)
{
	return is_in(filter->allowed, number);
}

void seccomp_foresee(struct seccomp_filter *filter)
{
	const struct seccomp_filter *older = filter->older;

	for (int number = 0; number < (int)SECCOMP_NUMBERS; number++) {
		unsigned steps = 0;
		struct run run = {
			.filter = filter,
			.number = (uint32_t)number,
			.steps = &steps,
			.a = { 0, 1 },
			.x = { 0, 1 },
		};
		int met = meets_from(&run);
		uint8_t bit = (uint8_t)(1u << number % 8);

		if (met == MEETS_ALLOW &&
		    (!older || is_in(older->allowed, number)))
			filter->allowed[number / 8] |= bit;
		if (!(met & MEETS_OTHER) &&
		    (!older || is_in(older->harmless, number)))
			filter->harmless[number / 8] |= bit;
	}
}
