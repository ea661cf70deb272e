/* SPDX-License-Identifier: MIT */
/* Each filter is run here and by the kernel, and both say the same. */
#include "src/seccomp_filter.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/agent_layout.h"
#include "src/seccomp_wrap.h"

#define NO_CALL 3000 /* ENOSYS when the filter allows it */
#define RULES_MAX 16

static const uint64_t arguments[6] = {
	7, 0x123456789abcdef0, 0xffffffff, 33, 0x80000000, 5,
};

#define ARGUMENT(i) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
		 offsetof(struct seccomp_data, args[i]))
#define LOAD_X(value) BPF_STMT(BPF_LDX | BPF_IMM, value)
#define ALU(op, value) BPF_STMT(BPF_ALU | (op) | BPF_K, value)
#define ALU_X(op) BPF_STMT(BPF_ALU | (op) | BPF_X, 0)
/* What was computed becomes an errno from 1 to 2047. */
#define RETURN_A                                       \
	ALU(BPF_AND, 0x7fe), ALU(BPF_OR, SECCOMP_RET_ERRNO | 1), \
		BPF_STMT(BPF_RET | BPF_A, 0)
#define JUMP(op, value) BPF_JUMP(BPF_JMP | (op) | BPF_K, value, 0, 1)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define TEST_JUMP(op, value)                                         \
	{                                                            \
		ARGUMENT(0), JUMP(op, value), RETURN(SECCOMP_RET_ERRNO | 3), \
			RETURN(SECCOMP_RET_ERRNO | 5)                \
	}

/* Only calls of NO_CALL come to the rules; the others must work. */
static const struct sock_filter head[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NO_CALL, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static const struct sock_filter cases[][RULES_MAX] = {
	{ ARGUMENT(0), ALU(BPF_ADD, 9), RETURN_A },
	{ ARGUMENT(1), ALU(BPF_SUB, 11), RETURN_A },
	{ ARGUMENT(1), ALU(BPF_MUL, 12345), RETURN_A },
	{ ARGUMENT(1), ALU(BPF_DIV, 1000), RETURN_A },
	{ ARGUMENT(1), ALU(BPF_XOR, 0x555), RETURN_A },
	{ ARGUMENT(1), ALU(BPF_LSH, 3), RETURN_A },
	{ ARGUMENT(1), ALU(BPF_RSH, 13), RETURN_A },
	{ ARGUMENT(1), BPF_STMT(BPF_ALU | BPF_NEG, 0), RETURN_A },
	{ ARGUMENT(0), LOAD_X(100), ALU_X(BPF_MUL), RETURN_A },
	{ ARGUMENT(1), LOAD_X(17), ALU_X(BPF_DIV), RETURN_A },
	{ ARGUMENT(1), LOAD_X(35), ALU_X(BPF_RSH), RETURN_A },
	{ ARGUMENT(3), BPF_STMT(BPF_MISC | BPF_TAX, 0), ARGUMENT(1),
	  ALU_X(BPF_LSH), RETURN_A },
	{ ARGUMENT(1), BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LD | BPF_IMM, 0),
	  BPF_STMT(BPF_LDX | BPF_MEM, 15), BPF_STMT(BPF_MISC | BPF_TXA, 0),
	  RETURN_A },
	{ LOAD_X(0x432), BPF_STMT(BPF_STX, 2), BPF_STMT(BPF_LD | BPF_MEM, 2),
	  RETURN_A },
	{ BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), RETURN_A },
	{ BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
	  BPF_STMT(BPF_MISC | BPF_TXA, 0), RETURN_A },
	{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		   offsetof(struct seccomp_data, arch)), RETURN_A },
	{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		   offsetof(struct seccomp_data, args[1]) + 4), RETURN_A },
	{ RETURN_A }, /* what is in A at first: the number */
	{ BPF_STMT(BPF_JMP | BPF_JA, 1), RETURN(SECCOMP_RET_ERRNO | 2),
	  RETURN(SECCOMP_RET_ERRNO | 4) },
	TEST_JUMP(BPF_JEQ, 7), TEST_JUMP(BPF_JEQ, 8),
	TEST_JUMP(BPF_JGT, 6), TEST_JUMP(BPF_JGT, 7),
	TEST_JUMP(BPF_JGE, 7), TEST_JUMP(BPF_JGE, 8),
	TEST_JUMP(BPF_JSET, 2), TEST_JUMP(BPF_JSET, 8),
	{ ARGUMENT(0), LOAD_X(7),
	  BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 0, 1),
	  RETURN(SECCOMP_RET_ERRNO | 3), RETURN(SECCOMP_RET_ERRNO | 5) },
	{ RETURN(SECCOMP_RET_ALLOW) },
	{ RETURN(SECCOMP_RET_LOG) },
	{ RETURN(SECCOMP_RET_TRACE | 5) },
	{ RETURN(SECCOMP_RET_ERRNO | 0xffff) },
};

static size_t length_of(const struct sock_filter *rules)
{
	size_t length = RULES_MAX;

	while (!rules[length - 1].code)
		length--;
	return length;
}

static int install(const struct seccomp_filter *filter)
{
	struct sock_fprog program = {
		(unsigned short)filter->length,
		(struct sock_filter *)filter->code,
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* What a child gets for the call under these filters: errno. */
static int kernel_says(const struct seccomp_filter *newest)
{
	const struct seccomp_filter *order[4];
	int *answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int count = 0, result;
	pid_t child = fork();

	if (child == 0) {
		for (; newest; newest = newest->older)
			order[count++] = newest;
		while (count)
			if (install(order[--count]))
				_exit(1);
		errno = 0;
		syscall(NO_CALL, arguments[0], arguments[1], arguments[2],
			arguments[3], arguments[4], arguments[5]);
		*answer = errno;
		_exit(0);
	}
	waitpid(child, NULL, 0);
	result = *answer;
	munmap(answer, sizeof(*answer));
	return result;
}

/* As the kernel makes an errno of a verdict. */
static int we_say(const struct seccomp_filter *newest)
{
	struct seccomp_data data = {
		.nr = NO_CALL,
		.arch = AUDIT_ARCH_X86_64,
	};
	uint32_t verdict, number;

	for (int i = 0; i < 6; i++)
		data.args[i] = arguments[i];
	verdict = seccomp_verdict(newest, &data);
	number = verdict & SECCOMP_RET_DATA;
	if ((verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return ENOSYS;
	return number > 4095 ? 4095 : (int)number;
}

static struct seccomp_filter *build(const struct sock_filter *rules,
				    struct seccomp_filter *older)
{
	size_t length = length_of(rules);
	size_t before = sizeof(head) / sizeof(*head);
	struct sock_filter code[RULES_MAX + sizeof(head) / sizeof(*head)];

	for (size_t i = 0; i < before; i++)
		code[i] = head[i];
	for (size_t i = 0; i < length; i++)
		code[before + i] = rules[i];
	return seccomp_filter_create(code, before + length, older);
}

Test(seccomp_filter, says_what_the_kernel_says)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct seccomp_filter *filter = build(cases[i], NULL);

		cr_assert_eq(we_say(filter), kernel_says(filter),
			     "case %zu: %d, the kernel %d", i, we_say(filter),
			     kernel_says(filter));
		seccomp_filter_release(filter);
	}
}

Test(seccomp_filter, takes_the_newest_of_equals_and_the_strictest_of_all)
{
	static const struct sock_filter verdicts[][RULES_MAX] = {
		{ RETURN(SECCOMP_RET_ERRNO | 1) },
		{ RETURN(SECCOMP_RET_ERRNO | 2) },
		{ RETURN(SECCOMP_RET_TRACE) },
	};

	for (int first = 0; first < 3; first++)
		for (int second = 0; second < 3; second++) {
			struct seccomp_filter *filter =
				build(verdicts[second],
				      build(verdicts[first], NULL));

			cr_assert_eq(we_say(filter), kernel_says(filter),
				     "%d, %d", first, second);
			seccomp_filter_release(filter);
		}
}

Test(seccomp_filter, lets_our_calls_pass_and_leaves_others_as_they_were)
{
	struct seccomp_data ours = {
		.instruction_pointer = SECCOMP_PASS_POINTER,
	}, other = { .instruction_pointer = 0x7fffffffe000 };
	struct sock_filter code[SECCOMP_PASS_LENGTH + 1];
	struct seccomp_filter *filter;

	for (size_t i = 0; i < SECCOMP_PASS_LENGTH; i++)
		code[i] = seccomp_pass[i];
	/* Returns what A is at first: 0, SECCOMP_RET_KILL_THREAD. */
	code[SECCOMP_PASS_LENGTH] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	filter = seccomp_filter_create(code, SECCOMP_PASS_LENGTH + 1, NULL);
	cr_assert_eq(seccomp_verdict(filter, &ours), SECCOMP_RET_ALLOW);
	cr_assert_eq(seccomp_verdict(filter, &other), SECCOMP_RET_KILL_THREAD);
	seccomp_filter_release(filter);
}

Test(seccomp_filter, survives_code_that_no_kernel_takes)
{
	static const struct sock_filter wild[] = {
		BPF_STMT(BPF_LD | BPF_MEM, 0xffffffff),
		BPF_STMT(BPF_STX, 0xfffffff0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0xfffffffe),
		LOAD_X(0),
		BPF_STMT(BPF_JMP | BPF_JA, 0xffffff00),
	};
	struct seccomp_filter *filter = seccomp_filter_create(
		wild, sizeof(wild) / sizeof(*wild), NULL);
	struct seccomp_data data = { .nr = 1 };

	cr_assert_eq(seccomp_verdict(filter, &data), SECCOMP_RET_KILL_PROCESS);
	seccomp_filter_release(filter);
}

/* ---- wrapped (src/seccomp_wrap.h) ---- */

static struct seccomp_filter *wrap(const struct seccomp_filter *filter)
{
	struct sock_filter code[SECCOMP_WRAP_MAX + RULES_MAX + 3];
	size_t length = seccomp_wrap(filter, code);

	cr_assert(length <= filter->length + SECCOMP_WRAP_MAX);
	return seccomp_filter_create(code, length, NULL);
}

static uint32_t verdict_at(const struct seccomp_filter *filter, int number,
			   uint64_t place, uint64_t argument)
{
	struct seccomp_data data = {
		.nr = number,
		.arch = AUDIT_ARCH_X86_64,
		.instruction_pointer = place,
	};

	for (int i = 0; i < 6; i++)
		data.args[i] = arguments[i];
	if (argument)
		data.args[5] = argument;
	return seccomp_verdict(filter, &data);
}

Test(seccomp_wrap, judges_the_agent_s_calls_and_no_others)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct seccomp_filter *filter = build(cases[i], NULL);
		struct seccomp_filter *wrapped = wrap(filter);

		cr_assert_eq(verdict_at(wrapped, NO_CALL, AGENT_CALL_END, 0),
			     verdict_at(filter, NO_CALL, AGENT_CALL_END, 0),
			     "case %zu", i);
		cr_assert_eq(verdict_at(wrapped, NO_CALL, 0x401000, 0),
			     SECCOMP_RET_ALLOW);
		cr_assert_eq(verdict_at(wrapped, NO_CALL, 0x7fffffffe000, 0),
			     SECCOMP_RET_ALLOW);
		cr_assert_eq(verdict_at(wrapped, NO_CALL, SECCOMP_PASS_POINTER,
					0), SECCOMP_RET_ALLOW);
		cr_assert_eq(kernel_says(wrapped), ENOSYS);
		seccomp_filter_release(wrapped);
		seccomp_filter_release(filter);
	}
}

Test(seccomp_wrap, gives_the_verdicts_that_are_asked_for)
{
	static const uint32_t verdicts[] = {
		SECCOMP_RET_ERRNO | 77, SECCOMP_RET_TRAP | 5,
		SECCOMP_RET_TRACE | 9, SECCOMP_RET_LOG,
	};
	static const struct sock_filter allow[RULES_MAX] = {
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct seccomp_filter *filter = build(allow, NULL), *wrapped;
	uint64_t death = (uint64_t)SECCOMP_DEATH << 32;

	seccomp_foresee(filter); /* the longest wrap: all is allowed */
	wrapped = wrap(filter);
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++)
		cr_assert_eq(verdict_at(wrapped, 1, SECCOMP_ANSWER_POINTER |
					verdicts[i], 0), verdicts[i]);
	cr_assert_eq(verdict_at(wrapped, 1, 0x401000, death),
		     SECCOMP_RET_KILL_THREAD);
	cr_assert_eq(verdict_at(wrapped, 1, 0x401000, death |
				SECCOMP_RET_KILL_PROCESS),
		     SECCOMP_RET_KILL_PROCESS);
	cr_assert_eq(verdict_at(wrapped, 1, 0x401000, death |
				SECCOMP_RET_ERRNO), SECCOMP_RET_ALLOW);
	seccomp_filter_release(wrapped);
	/* Only one filter has the supervisor. */
	for (int i = 0; i < 2; i++) {
		filter->has_listener = i;
		wrapped = wrap(filter);
		cr_assert_eq(verdict_at(wrapped, 1, SECCOMP_ANSWER_POINTER |
					SECCOMP_RET_USER_NOTIF, 0),
			     i ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW);
		seccomp_filter_release(wrapped);
	}
	seccomp_filter_release(filter);
}

#define RULE(number, verdict) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), RETURN(verdict)

Test(seccomp_wrap, lets_the_agent_do_no_more_than_the_program_may)
{
	static const struct sock_filter reads[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		RULE(__NR_read, SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_KILL_PROCESS),
	};
	static const int allowed[] = {
		__NR_fstat, __NR_preadv2, __NR_recvfrom, __NR_getrandom,
	}, denied[] = {
		__NR_pwritev2, __NR_newfstatat, __NR_sendto, __NR_write,
		__NR_openat, __NR_prctl, __NR_fcntl, __NR_read, NO_CALL,
	};
	struct seccomp_filter *filter = seccomp_filter_create(
		reads, sizeof(reads) / sizeof(*reads), NULL), *wrapped;

	seccomp_foresee(filter);
	wrapped = wrap(filter);
	for (size_t i = 0; i < sizeof(allowed) / sizeof(int); i++)
		cr_assert_eq(verdict_at(wrapped, allowed[i],
					AGENT_OWN_CALL_END, 0),
			     SECCOMP_RET_ALLOW, "%d", allowed[i]);
	for (size_t i = 0; i < sizeof(denied) / sizeof(int); i++)
		cr_assert_eq(verdict_at(wrapped, denied[i], AGENT_OWN_CALL_END,
					0), SECCOMP_RET_ERRNO | ENOSYS,
			     "%d", denied[i]);
	cr_assert_eq(verdict_at(wrapped, __NR_openat, AGENT_CALL_END, 0),
		     SECCOMP_RET_KILL_PROCESS);
	seccomp_filter_release(wrapped);
	seccomp_filter_release(filter);
}

static int is_harmless(const struct seccomp_filter *filter, int number)
{
	return filter->harmless[number / 8] >> number % 8 & 1;
}

Test(seccomp_wrap, foresees_what_a_number_can_meet)
{
	static const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		RULE(1, SECCOMP_RET_ALLOW),
		RULE(2, SECCOMP_RET_ERRNO | 3),
		RULE(3, SECCOMP_RET_TRAP),
		RULE(5, SECCOMP_RET_KILL_THREAD),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 4),
		ARGUMENT(0),
		RULE(9, SECCOMP_RET_ERRNO | 3),
		RETURN(SECCOMP_RET_ALLOW),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer)),
		RULE(9, SECCOMP_RET_ERRNO | 3),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct seccomp_filter *filter = seccomp_filter_create(
		code, sizeof(code) / sizeof(*code), NULL), *newer;

	seccomp_foresee(filter);
	for (int number = 0; number < 10; number++) {
		int is_allowed = number != 2 && number != 3 && number != 4 &&
				 number != 5 && number != 6;

		cr_assert_eq(seccomp_allows_always(filter, number), is_allowed,
			     "%d", number);
		cr_assert_eq(is_harmless(filter, number), is_allowed ||
			     number == 2 || number == 4, "%d", number);
	}
	/* One that asks less changes nothing. */
	newer = seccomp_filter_create(
		&code[sizeof(code) / sizeof(*code) - 1], 1, filter);
	seccomp_foresee(newer);
	cr_assert_eq(seccomp_allows_always(newer, 2), 0);
	seccomp_filter_release(newer);
}
