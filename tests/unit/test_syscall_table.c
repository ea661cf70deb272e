/* SPDX-License-Identifier: MIT */
/* The rows of the system call table, and what replay does with them. */
#include "src/syscall_table.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "src/syscall_rows.h"
#include "tests/unit/test_syscall_tools.h"

/* ---- the table against the kernel's headers ---- */

Test(syscall_table, every_number_of_the_header_has_a_row)
{
	static const char *const paths[] = {
		"/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
		"/usr/include/asm/unistd_64.h",
	};
	char line[256], name[128];
	unsigned seen = 0;
	FILE *file = NULL;
	int number;

	for (unsigned i = 0; !file && i < 2; i++)
		file = fopen(paths[i], "r");
	if (!file)
		cr_skip_test("no kernel header");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "#define __NR_%127s %d", name, &number) != 2)
			continue;
		cr_expect_str_eq(syscall_name(number), name);
		cr_expect_eq(syscall_number(name), number);
		seen++;
	}
	fclose(file);
	cr_assert_gt(seen, 300);
}

Test(syscall_table, numbers_newer_than_the_header_have_rows)
{
	static const char *const names[] = {
		"cachestat", "fchmodat2", "map_shadow_stack", "futex_wake",
		"futex_wait", "futex_requeue", "statmount", "listmount",
		"lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules",
		"mseal", "setxattrat", "getxattrat", "listxattrat",
		"removexattrat", "open_tree_attr", "file_getattr",
		"file_setattr",
	};

	for (unsigned i = 0; i < 19; i++)
		cr_expect_eq(syscall_number(names[i]), 451 + (int)i);
	cr_expect_eq(syscall_number("uretprobe"), 335);
	cr_expect_eq(syscall_number("uprobe"), 336);
	cr_expect_geq(syscall_table_size(), 470);
}

Test(syscall_table, names_round_trip)
{
	for (int i = 0; i < syscall_table_size(); i++) {
		if (!syscall_row_of_number(i))
			continue;
		cr_expect_eq(syscall_number(syscall_name(i)), i);
	}
	cr_expect_str_eq(syscall_name(9999), "syscall_9999");
	cr_expect_str_eq(syscall_name(-1), "syscall_-1");
	cr_expect_eq(syscall_number("no_such_call"), -1);
	cr_expect_eq(syscall_number("syscall_9999"), -1);
}

static void check_argument(const struct syscall_row *row, unsigned i)
{
	const struct row_argument *argument = &row->arguments[i];

	cr_expect(argument->format != VALUE_NONE, "%s %u", row->name, i);
	cr_expect_eq(argument->format == VALUE_MEMORY,
		     argument->direction != DIRECTION_NONE, "%s %u",
		     row->name, i);
	cr_expect_eq(argument->format == VALUE_MEMORY,
		     argument->type != TYPE_none, "%s %u", row->name, i);
	cr_expect_eq(argument->format == VALUE_MEMORY,
		     argument->room != ROOM_NONE, "%s %u", row->name, i);
	cr_expect_eq(argument->format == VALUE_FLAGS ||
		     argument->format == VALUE_CHOICE,
		     argument->table != FLAGS_none, "%s %u", row->name, i);
	cr_expect_lt(argument->count, SYSCALL_ARGUMENTS);
	cr_expect_lt(argument->needs_argument, SYSCALL_ARGUMENTS);
}

static void check_row(const struct syscall_row *row)
{
	const struct syscall_requests *requests = row->requests;
	unsigned count = syscall_row_arguments(row);

	cr_expect_eq(row->refusal < 0, row->replay == REPLAY_REFUSE, "%s",
		     row->name);
	for (unsigned i = 0; i < count; i++)
		check_argument(row, i);
	for (unsigned i = count; i < SYSCALL_ARGUMENTS; i++)
		cr_expect_null(row->arguments[i].name, "%s has a gap",
			       row->name);
	for (unsigned i = 0; requests && i < requests->count; i++) {
		check_row(&requests->rows[i]);
		for (unsigned j = 0; j < i; j++)
			cr_expect(requests->rows[i].request !=
				  requests->rows[j].request, "%s twice",
				  requests->rows[i].name);
	}
}

Test(syscall_table, rows_are_well_formed)
{
	for (int i = 0; i < syscall_table_size(); i++)
		if (syscall_row_of_number(i))
			check_row(syscall_row_of_number(i));
}

Test(syscall_table, requests_have_the_values_of_the_headers)
{
#define SAME(of, value) \
	do { \
		enter(of, 3, value, 0, 0, 0, 0); \
		cr_expect_str_eq(call.row->name, #value); \
	} while (0)
	SAME("ioctl", TCGETS);
	SAME("ioctl", TIOCGWINSZ);
	SAME("ioctl", TIOCGPTN);
	SAME("ioctl", FIONREAD);
	SAME("ioctl", FIOCLEX);
	SAME("fcntl", F_DUPFD_CLOEXEC);
	SAME("fcntl", F_OFD_SETLKW);
	SAME("fcntl", F_ADD_SEALS);
	SAME("futex", FUTEX_WAIT_BITSET);
#undef SAME
	enter("prctl", PR_SET_NAME, AT(0), 0, 0, 0, 0);
	cr_expect_str_eq(call.row->name, "PR_SET_NAME");
	enter("prctl", PR_SET_MM, PR_SET_MM_MAP_SIZE, AT(0), 0, 0, 0);
	cr_expect_str_eq(call.row->name, "PR_SET_MM_MAP_SIZE");
	enter("prctl", PR_SET_MM, PR_SET_MM_BRK, AT(0), 0, 0, 0);
	cr_expect_str_eq(call.row->name, "PR_SET_MM");
}

/* ---- what replay does ---- */

Test(syscall_table, replay_kinds_are_as_designed)
{
	static const struct {
		const char *name;
		enum syscall_replay replay;
	} cases[] = {
		{ "read", REPLAY_EMULATE }, { "munmap", REPLAY_REPEAT },
		{ "mprotect", REPLAY_REPEAT },
		{ "pkey_mprotect", REPLAY_REPEAT }, { "mmap", REPLAY_HOOK },
		{ "mremap", REPLAY_HOOK }, { "madvise", REPLAY_HOOK },
		{ "brk", REPLAY_HOOK }, { "clone3", REPLAY_HOOK },
		{ "execveat", REPLAY_HOOK }, { "exit_group", REPLAY_HOOK },
		{ "process_vm_writev", REPLAY_HOOK },
		{ "set_tid_address", REPLAY_HOOK }, { "mseal", REPLAY_EMULATE },
		{ "mlock2", REPLAY_EMULATE }, { "io_setup", REPLAY_REFUSE },
		{ "rt_sigprocmask", REPLAY_EMULATE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enter(cases[i].name, 0, 0, 0, 0, 0, 0);
		cr_expect_eq(syscall_replay_of(&call), cases[i].replay, "%s",
			     cases[i].name);
	}
}

Test(syscall_table, refused_calls_have_the_errno_of_a_kernel_without)
{
	static const struct {
		const char *name;
		int errnum;
	} cases[] = {
		{ "io_uring_setup", ENOSYS }, { "io_uring_enter", ENOSYS },
		{ "userfaultfd", ENOSYS }, { "rseq", ENOSYS },
		{ "memfd_secret", ENOSYS }, { "io_setup", ENOSYS },
		{ "bpf", ENOSYS }, { "map_shadow_stack", EOPNOTSUPP },
		{ "perf_event_open", ENOENT }, { "pkey_alloc", ENOSPC },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enter(cases[i].name, 0, 0, 0, 0, 0, 0);
		cr_expect_eq(syscall_replay_of(&call), REPLAY_REFUSE);
		cr_expect_eq(syscall_refusal(&call), -cases[i].errnum, "%s",
			     cases[i].name);
	}
	enter("read", 0, 0, 0, 0, 0, 0);
	cr_expect_eq(syscall_refusal(&call), 0);
}

Test(syscall_table, unknown_calls_and_requests_degrade)
{
	const uint64_t arguments[SYSCALL_ARGUMENTS] = { AT(0), AT(8), AT(16) };

	syscall_enter(&call, 12345, arguments, &arena.memory);
	cr_expect_null(call.row);
	cr_expect_eq(syscall_replay_of(&call), REPLAY_UNKNOWN);
	cr_expect_eq(syscall_blocking_of(&call), BLOCKING_MAYBE);
	inputs();
	expect_count(0);
	outputs(0);
	expect_count(0);
	syscall_enter(&call, -1, arguments, &arena.memory);
	cr_expect_eq(syscall_replay_of(&call), REPLAY_UNKNOWN);
	enter("ioctl", 3, 0xdeadbeef, AT(0), 0, 0, 0);
	cr_expect_eq(syscall_replay_of(&call), REPLAY_UNKNOWN);
	outputs(0);
	expect_count(0);
	enter("prctl", 123456, AT(0), 0, 0, 0, 0);
	cr_expect_eq(syscall_replay_of(&call), REPLAY_UNKNOWN);
}

Test(syscall_table, blocking_is_told_by_request)
{
	enter("futex", AT(0), FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
	cr_expect_eq(syscall_blocking_of(&call), BLOCKING_MAYBE);
	enter("futex", AT(0), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
	cr_expect_eq(syscall_blocking_of(&call), BLOCKING_NEVER);
	enter("fcntl", 3, F_SETLKW, AT(0), 0, 0, 0);
	cr_expect_eq(syscall_blocking_of(&call), BLOCKING_MAYBE);
	enter("fcntl", 3, F_GETFL, 0, 0, 0, 0);
	cr_expect_eq(syscall_blocking_of(&call), BLOCKING_NEVER);
	enter("getpid", 0, 0, 0, 0, 0, 0);
	cr_expect_eq(syscall_blocking_of(&call), BLOCKING_NEVER);
	enter("wait4", -1, 0, 0, 0, 0, 0);
	cr_expect_eq(syscall_blocking_of(&call), BLOCKING_MAYBE);
}

/* The upper half of an int argument is whatever was in the register. */
Test(syscall_table, requests_are_ints)
{
	enter("ioctl", 3, UINT64_C(0xffffffff00000000) | TCGETS, AT(0), 0, 0,
	      0);
	cr_expect_str_eq(call.row->name, "TCGETS");
	outputs(0);
	expect(0, 2, AT(0), 36);
}

/* ---- robustness ---- */

static int stop_at_second(void *context, const struct syscall_extent *extent)
{
	unsigned *count = context;

	(void)extent;
	return ++*count == 2 ? -EIO : 0;
}

Test(syscall_table, a_visitor_ends_the_walk)
{
	unsigned count = 0;

	put_iovec(AT(0), AT(100), 1);
	put_iovec(AT(16), AT(200), 1);
	put_iovec(AT(32), AT(300), 1);
	enter("readv", 3, AT(0), 3, 0, 0, 0);
	call.result = 3;
	cr_expect_eq(syscall_outputs(&call, &arena.memory, stop_at_second,
				     &count), -EIO);
	cr_expect_eq(count, 2);
}

static uint64_t random_state = 1;

static uint64_t random_value(void)
{
	static const uint64_t odd[] = {
		0, 1, 8, 24, 64, UINT64_MAX, INT64_MAX, UINT32_MAX, INT32_MAX,
		AT(0), AT(64), AT(512), AT(4096), AT(SIZE - 8), AT(SIZE - 1),
		BAD, UINT64_C(0x7ffffffff000), UINT64_C(0xffff800000000000),
	};

	random_state = random_state * UINT64_C(6364136223846793005) + 1;
	return odd[(random_state >> 33) % (sizeof(odd) / sizeof(odd[0]))];
}

/* An extent lies in user memory; what it was read from need not exist. */
static int check_extent(void *context, const struct syscall_extent *extent)
{
	uint64_t *count = context;

	cr_assert(extent->length && extent->address);
	cr_assert(extent->length <= (UINT64_C(1) << 56));
	cr_assert(extent->address <= (UINT64_C(1) << 56) - extent->length);
	return ++*count > 2000000;
}

static void try_call(int number, const struct syscall_requests *requests,
		     unsigned request)
{
	static const int64_t results[] = {
		0, 1, 3, INT64_MAX, -EFAULT, -EINTR, -516, -EINVAL
	};
	uint64_t arguments[SYSCALL_ARGUMENTS];
	uint64_t count = 0;

	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++)
		arguments[i] = random_value();
	if (requests && request < requests->count) {
		uint64_t key = requests->rows[request].request;

		arguments[requests->argument] = key << requests->shift;
		if (requests->second) {
			arguments[requests->argument] = key >> 32;
			arguments[requests->second] = (uint32_t)key;
		}
	}
	for (unsigned i = 0; i < SIZE; i += 8)
		put_u64(AT(i), random_value());
	syscall_enter(&call, number, arguments, &arena.memory);
	syscall_inputs(&call, &arena.memory, check_extent, &count);
	for (unsigned i = 0; i < 8; i++) {
		call.result = results[i];
		syscall_outputs(&call, &arena.memory, check_extent, &count);
	}
}

Test(syscall_table, survives_hostile_arguments_and_memory)
{
	for (int number = 0; number < syscall_table_size(); number++) {
		const struct syscall_row *row = syscall_row_of_number(number);
		unsigned requests = row && row->requests ?
			row->requests->count : 0;

		for (unsigned i = 0; i <= requests; i++)
			for (unsigned j = 0; j < 4; j++)
				try_call(number, row ? row->requests : NULL,
					 i);
	}
}
