/* SPDX-License-Identifier: MIT */
/*
 * The system call table without ptrace: memory is a few regions of the test's
 * own at addresses that it chooses, and everything else is unreadable.
 */
#include "src/syscall_table.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "src/syscall_rows.h"

#define BASE UINT64_C(0x10000)
#define SIZE (16u * 4096)
#define BAD UINT64_C(0x7000000000)

/* ---- memory, calls and what was visited ---- */

struct arena {
	struct memory memory; /* first: the interface's pointer is ours */
	uint8_t bytes[SIZE];  /* at BASE */
};

static size_t arena_read(struct memory *memory, remote_addr addr, void *bytes,
			 size_t length)
{
	struct arena *arena = (struct arena *)memory;
	uint64_t offset = addr - BASE;

	if (addr < BASE || offset >= SIZE)
		return 0;
	if (length > SIZE - offset)
		length = SIZE - offset;
	memcpy(bytes, arena->bytes + offset, length);
	return length;
}

static struct arena arena = { { arena_read }, { 0 } };

#define AT(offset) (BASE + (offset))

static void put(uint64_t address, const void *bytes, size_t length)
{
	memcpy(arena.bytes + (address - BASE), bytes, length);
}

static void put_u16(uint64_t address, uint16_t value)
{
	put(address, &value, sizeof(value));
}

static void put_u32(uint64_t address, uint32_t value)
{
	put(address, &value, sizeof(value));
}

static void put_u64(uint64_t address, uint64_t value)
{
	put(address, &value, sizeof(value));
}

static void put_iovec(uint64_t address, uint64_t base, uint64_t length)
{
	put_u64(address, base);
	put_u64(address + 8, length);
}

static void put_msghdr(uint64_t at, uint64_t name, uint32_t name_length,
		       uint64_t vector, uint64_t count, uint64_t control,
		       uint64_t control_length)
{
	put_u64(at, name);
	put_u32(at + 8, name_length);
	put_u64(at + 16, vector);
	put_u64(at + 24, count);
	put_u64(at + 32, control);
	put_u64(at + 40, control_length);
}

#define VISITS 64

static struct visits {
	unsigned count;
	struct syscall_extent extents[VISITS];
} visits;

static int note(void *context, const struct syscall_extent *extent)
{
	struct visits *to = context;

	cr_assert(extent->length != 0);
	cr_assert(extent->argument < SYSCALL_ARGUMENTS);
	if (to->count < VISITS)
		to->extents[to->count] = *extent;
	to->count++;
	return 0;
}

static struct syscall_call call;

static void enter(const char *name, uint64_t a, uint64_t b, uint64_t c,
		  uint64_t d, uint64_t e, uint64_t f)
{
	uint64_t arguments[SYSCALL_ARGUMENTS] = { a, b, c, d, e, f };
	int number = syscall_number(name);

	cr_assert(number >= 0, "%s has no number", name);
	syscall_enter(&call, number, arguments, &arena.memory);
}

static void inputs(void)
{
	visits.count = 0;
	cr_assert_eq(syscall_inputs(&call, &arena.memory, note, &visits), 0);
}

static void outputs(int64_t result)
{
	call.result = result;
	visits.count = 0;
	cr_assert_eq(syscall_outputs(&call, &arena.memory, note, &visits), 0);
}

static void expect(unsigned i, unsigned argument, uint64_t address,
		   uint64_t length)
{
	const struct syscall_extent *extent = &visits.extents[i];

	cr_assert_lt(i, visits.count, "only %u extents", visits.count);
	cr_assert(extent->argument == argument && extent->address == address &&
		  extent->length == length,
		  "extent %u: argument %u, %#lx, %lu", i, extent->argument,
		  (long)extent->address, (long)extent->length);
}

static void expect_count(unsigned count)
{
	cr_assert_eq(visits.count, count, "%u extents", visits.count);
}

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

/* ---- plain buffers ---- */

Test(syscall_table, read_writes_what_it_returned)
{
	enter("read", 3, AT(100), 50, 0, 0, 0);
	inputs();
	expect_count(0);
	outputs(20);
	expect_count(1);
	expect(0, 1, AT(100), 20);
	outputs(0);
	expect_count(0);
	outputs(-EBADF);
	expect_count(0);
	outputs(-512);
	expect_count(0);
}

Test(syscall_table, more_returned_than_room_is_clipped)
{
	enter("read", 3, AT(100), 50, 0, 0, 0);
	outputs(4000);
	expect(0, 1, AT(100), 50);
	/* recv with MSG_TRUNC returns the datagram's full length */
	enter("recvfrom", 3, AT(0), 8, MSG_TRUNC, 0, 0);
	outputs(1500);
	expect(0, 1, AT(0), 8);
	/* getxattr with size 0 asks for the length */
	enter("getxattr", AT(0), AT(0), AT(0), 0, 0, 0);
	outputs(44);
	expect_count(0);
}

Test(syscall_table, write_reads_bulk)
{
	enter("write", 1, AT(0), 5, 0, 0, 0);
	inputs();
	expect_count(1);
	expect(0, 1, AT(0), 5);
	cr_expect(visits.extents[0].is_bulk);
	outputs(5);
	expect_count(0);
}

Test(syscall_table, hostile_lengths_name_nothing)
{
	enter("write", 1, AT(0), UINT64_MAX, 0, 0, 0);
	inputs();
	expect_count(0);
	enter("read", 0, AT(0), UINT64_MAX, 0, 0, 0);
	outputs(7);
	expect(0, 1, AT(0), 7);
	enter("writev", 1, AT(0), UINT64_MAX / 8, 0, 0, 0);
	inputs();
	expect_count(0);
	enter("getgroups", UINT64_C(0xffffffff), AT(0), 0, 0, 0, 0);
	outputs(3);
	expect_count(0);
	enter("semop", 1, AT(0), UINT64_MAX / 2, 0, 0, 0);
	inputs();
	expect_count(0);
	enter("connect", 3, AT(0), 100000, 0, 0, 0);
	inputs();
	expect_count(0);
}

Test(syscall_table, null_is_no_memory)
{
	enter("rt_sigaction", 2, 0, 0, 8, 0, 0);
	inputs();
	expect_count(0);
	outputs(0);
	expect_count(0);
	enter("read", 0, 0, 10, 0, 0, 0);
	outputs(10);
	expect_count(0);
}

Test(syscall_table, kernel_sizes_not_those_of_libc)
{
	enter("rt_sigprocmask", 0, AT(0), AT(64), 8, 0, 0);
	inputs();
	expect(0, 1, AT(0), 8);
	outputs(0);
	expect(0, 2, AT(64), 8);
	enter("rt_sigaction", 2, AT(0), AT(64), 8, 0, 0);
	inputs();
	expect(0, 1, AT(0), 32);
	outputs(0);
	expect(0, 2, AT(64), 32);
	enter("fstat", 1, AT(0), 0, 0, 0, 0);
	outputs(0);
	expect(0, 1, AT(0), 144);
	enter("epoll_wait", 3, AT(0), 10, -1, 0, 0);
	outputs(3);
	expect(0, 1, AT(0), 36);
}

/* ---- strings ---- */

Test(syscall_table, paths_are_saved_whole)
{
	put(AT(0), "/etc/passwd", 12);
	enter("openat", -100, AT(0), 0, 0, 0, 0);
	inputs();
	expect_count(1);
	expect(0, 1, AT(0), 12);
	cr_expect(visits.extents[0].is_text);
	enter("openat", -100, BAD, 0, 0, 0, 0);
	inputs();
	expect_count(0);
}

Test(syscall_table, string_that_runs_out_of_memory_has_its_readable_part)
{
	memset(arena.bytes + SIZE - 10, 'x', 10);
	enter("unlink", AT(SIZE - 10), 0, 0, 0, 0, 0);
	inputs();
	expect(0, 0, AT(SIZE - 10), 10);
	cr_expect_eq(memory_string_length(&arena.memory, AT(SIZE - 10), 4), 4);
	cr_expect_eq(memory_string_length(&arena.memory, BAD, 4), 0);
}

Test(syscall_table, exec_reads_arrays_and_strings)
{
	put(AT(0), "prog", 5);
	put(AT(16), "arg", 4);
	put_u64(AT(64), AT(0));
	put_u64(AT(72), AT(16));
	put_u64(AT(80), 0);
	enter("execve", AT(0), AT(64), 0, 0, 0, 0);
	inputs();
	expect_count(4);
	expect(0, 0, AT(0), 5);
	expect(1, 1, AT(64), 24);
	cr_expect(!visits.extents[1].is_text);
	expect(2, 1, AT(0), 5);
	expect(3, 1, AT(16), 4);
	cr_expect(visits.extents[3].is_text);
}

/* Every pointer leads to the longest string there is. */
Test(syscall_table, exec_with_endless_strings_ends)
{
	memset(arena.bytes, 'x', SIZE);
	for (unsigned i = 0; i < SIZE / 2; i += 8)
		put_u64(AT(SIZE / 2 + i), AT(0));
	enter("execve", AT(0), AT(SIZE / 2), AT(SIZE / 2), 0, 0, 0);
	inputs();
	cr_expect_lt(visits.count, 1000);
}

/* ---- vectors ---- */

Test(syscall_table, readv_fills_buffers_in_order)
{
	put_iovec(AT(0), AT(1000), 10);
	put_iovec(AT(16), AT(3000), 0);
	put_iovec(AT(32), AT(2000), 20);
	put_iovec(AT(48), AT(4000), 30);
	enter("readv", 3, AT(0), 4, 0, 0, 0);
	inputs();
	expect_count(1);
	expect(0, 1, AT(0), 64);
	outputs(25);
	expect_count(2);
	expect(0, 1, AT(1000), 10);
	expect(1, 1, AT(2000), 15);
	outputs(60);
	expect_count(3);
	expect(2, 1, AT(4000), 30);
	outputs(-EAGAIN);
	expect_count(0);
}

Test(syscall_table, vectors_are_those_of_the_entry)
{
	put_iovec(AT(0), AT(1000), 10);
	enter("readv", 3, AT(0), 1, 0, 0, 0);
	put_iovec(AT(0), AT(2000), 20); /* by another thread, or the read */
	outputs(10);
	expect_count(1);
	expect(0, 1, AT(1000), 10);
}

Test(syscall_table, vectors_longer_than_what_is_kept_are_complete)
{
	for (unsigned i = 0; i < 200; i++)
		put_iovec(AT(i * 16), AT(8192 + i * 100), 50);
	enter("preadv2", 3, AT(0), 200, 0, 0, 0);
	outputs(150 * 50);
	expect_count(150);
	expect(63, 1, AT(8192 + 6300), 50);
	enter("readv", 3, AT(0), 1025, 0, 0, 0); /* EINVAL */
	inputs();
	expect_count(0);
}

Test(syscall_table, writev_reads_vector_and_pieces)
{
	put_iovec(AT(0), AT(1000), 10);
	put_iovec(AT(16), BAD, 20);
	put_iovec(AT(32), AT(2000), UINT64_MAX);
	enter("writev", 3, AT(0), 3, 0, 0, 0);
	inputs();
	expect_count(3);
	expect(0, 1, AT(0), 48);
	cr_expect(!visits.extents[0].is_bulk);
	expect(1, 1, AT(1000), 10);
	cr_expect(visits.extents[1].is_bulk);
	outputs(10);
	expect_count(0);
}

Test(syscall_table, process_vm_readv_fills_only_the_local_side)
{
	put_iovec(AT(0), AT(1000), 10);
	put_iovec(AT(16), BAD, 10);
	enter("process_vm_readv", 7, AT(0), 1, AT(16), 1, 0);
	inputs();
	expect_count(2);
	expect(0, 1, AT(0), 16);
	expect(1, 3, AT(16), 16);
	outputs(10);
	expect_count(1);
	expect(0, 1, AT(1000), 10);
}

/* ---- messages ---- */

static void message_of_one_piece(uint64_t at)
{
	put_msghdr(at, AT(100), 28, AT(200), 1, AT(300), 64);
	put_iovec(AT(200), AT(400), 50);
}

Test(syscall_table, sendmsg_reads_all_that_a_message_names)
{
	message_of_one_piece(AT(0));
	enter("sendmsg", 3, AT(0), 0, 0, 0, 0);
	inputs();
	expect_count(5);
	expect(0, 1, AT(0), 56);
	expect(1, 1, AT(100), 28);
	expect(2, 1, AT(300), 64);
	expect(3, 1, AT(200), 16);
	expect(4, 1, AT(400), 50);
	cr_expect(visits.extents[4].is_bulk);
	outputs(50);
	expect_count(0);
}

Test(syscall_table, recvmsg_writes_as_much_as_the_header_says)
{
	message_of_one_piece(AT(0));
	enter("recvmsg", 3, AT(0), 0, 0, 0, 0);
	inputs();
	expect_count(2);
	expect(0, 1, AT(0), 56);
	expect(1, 1, AT(200), 16);
	put_u32(AT(8), 16);  /* msg_namelen, by the kernel */
	put_u64(AT(40), 24); /* msg_controllen */
	outputs(30);
	expect_count(4);
	expect(0, 1, AT(0), 56);
	expect(1, 1, AT(100), 16);
	expect(2, 1, AT(300), 24);
	expect(3, 1, AT(400), 30);
	outputs(-EAGAIN);
	expect_count(0);
}

Test(syscall_table, recvmsg_never_exceeds_the_rooms)
{
	message_of_one_piece(AT(0));
	enter("recvmsg", 3, AT(0), MSG_TRUNC, 0, 0, 0);
	put_u32(AT(8), 110); /* the address was longer than its room */
	put_u64(AT(40), 1000);
	outputs(9000);
	expect_count(4);
	expect(1, 1, AT(100), 28);
	expect(2, 1, AT(300), 64);
	expect(3, 1, AT(400), 50);
}

Test(syscall_table, recvmmsg_stops_at_the_messages_received)
{
	for (unsigned i = 0; i < 3; i++) {
		put_msghdr(AT(i * 64), 0, 0, AT(512 + i * 16), 1, 0, 0);
		put_iovec(AT(512 + i * 16), AT(1000 + i * 100), 100);
	}
	put_iovec(AT(2000), 1, 0); /* timespec */
	enter("recvmmsg", 3, AT(0), 3, 0, AT(2000), 0);
	inputs();
	expect_count(5);
	expect(0, 1, AT(0), 192);
	expect(4, 4, AT(2000), 16);
	put_u32(AT(56), 10); /* msg_len */
	put_u32(AT(64 + 56), 20);
	outputs(2);
	expect_count(4);
	expect(0, 1, AT(0), 128);
	expect(1, 1, AT(1000), 10);
	expect(2, 1, AT(1100), 20);
	expect(3, 4, AT(2000), 16);
	outputs(-EAGAIN);
	expect_count(0);
}

Test(syscall_table, sendmmsg_writes_the_lengths_sent)
{
	for (unsigned i = 0; i < 2; i++) {
		put_msghdr(AT(i * 64), 0, 0, AT(512 + i * 16), 1, 0, 0);
		put_iovec(AT(512 + i * 16), AT(1000 + i * 100), 100);
	}
	enter("sendmmsg", 3, AT(0), 2, 0, 0, 0);
	inputs();
	expect_count(5);
	expect(2, 1, AT(1000), 100);
	expect(4, 1, AT(1100), 100);
	outputs(1);
	expect_count(1);
	expect(0, 1, AT(56), 4);
}

Test(syscall_table, a_message_the_kernel_refuses_names_nothing)
{
	message_of_one_piece(AT(0));
	put_u64(AT(24), 1025); /* EMSGSIZE */
	enter("sendmsg", 3, AT(0), 0, 0, 0, 0);
	inputs();
	expect_count(1);
	enter("sendmsg", 3, AT(SIZE - 20), 0, 0, 0, 0);
	inputs();
	expect_count(1);
	enter("recvmmsg", 3, BAD, UINT64_C(0xffffffff), 0, 0, 0);
	outputs(-EFAULT);
	expect_count(0);
}

/* ---- lengths in memory ---- */

Test(syscall_table, inout_length_is_clipped_to_its_room)
{
	put_u32(AT(0), 16);
	enter("getsockname", 3, AT(100), AT(0), 0, 0, 0);
	inputs();
	expect_count(1);
	expect(0, 2, AT(0), 4);
	put_u32(AT(0), 110); /* the kernel tells the full length */
	outputs(0);
	expect_count(2);
	expect(0, 1, AT(100), 16);
	expect(1, 2, AT(0), 4);
}

Test(syscall_table, inout_length_shorter_than_its_room)
{
	put_u32(AT(0), 128);
	enter("accept", 3, AT(100), AT(0), 0, 0, 0);
	put_u32(AT(0), 2);
	outputs(4);
	expect_count(2);
	expect(0, 1, AT(100), 2);
	enter("accept", 3, 0, BAD, 0, 0, 0); /* nobody asks for the address */
	outputs(4);
	expect_count(0);
}

Test(syscall_table, unreadable_or_negative_length_has_no_room)
{
	enter("getsockname", 3, AT(100), BAD, 0, 0, 0);
	outputs(0);
	expect_count(1); /* the length itself; the visitor cannot read it */
	put_u32(AT(0), 0x80000000);
	enter("getsockname", 3, AT(100), AT(0), 0, 0, 0);
	put_u32(AT(0), 16);
	outputs(0);
	expect_count(1);
	expect(0, 2, AT(0), 4);
}

Test(syscall_table, getsockopt_filter_counts_instructions)
{
	put_u32(AT(0), 10);
	enter("getsockopt", 3, SOL_SOCKET, SO_ATTACH_FILTER, AT(100), AT(0),
	      0);
	put_u32(AT(0), 3);
	outputs(0);
	expect(0, 3, AT(100), 24);
	enter("getsockopt", 3, 6, 35, AT(100), AT(0), 0);
	cr_expect_eq(syscall_refusal(&call), -ENOPROTOOPT);
}

/* ---- written although the call failed, or not written although not ---- */

Test(syscall_table, sleeps_write_the_rest_when_interrupted)
{
	enter("nanosleep", AT(0), AT(16), 0, 0, 0, 0);
	outputs(0);
	expect_count(0);
	outputs(-EINTR);
	expect_count(1);
	expect(0, 1, AT(16), 16);
	outputs(-516);
	expect_count(1);
	outputs(-EINVAL);
	expect_count(0);
	enter("clock_nanosleep", 0, 0, AT(0), AT(16), 0, 0);
	outputs(-516);
	expect(0, 3, AT(16), 16);
}

Test(syscall_table, select_writes_the_timeout_always_and_sets_on_success)
{
	put_iovec(AT(512), 5, 0);
	enter("select", 65, AT(0), 0, AT(64), AT(512), 0);
	inputs();
	expect_count(3);
	expect(0, 1, AT(0), 16);
	outputs(1);
	expect_count(3);
	expect(1, 3, AT(64), 16);
	expect(2, 4, AT(512), 16);
	outputs(-514);
	expect_count(1);
	expect(0, 4, AT(512), 16);
	/* beyond the fd table the kernel reads and writes nothing */
	enter("select", 0x7fffffff, AT(SIZE - 100), 0, 0, 0, 0);
	outputs(0);
	expect(0, 1, AT(SIZE - 100), 100);
}

Test(syscall_table, pselect_reads_the_mask_behind_its_argument)
{
	put_iovec(AT(0), AT(32), 8);
	enter("pselect6", 0, 0, 0, 0, 0, AT(0));
	inputs();
	expect_count(2);
	expect(0, 5, AT(0), 16);
	expect(1, 5, AT(32), 8);
}

Test(syscall_table, poll_writes_revents_when_interrupted)
{
	enter("poll", AT(0), 3, -1, 0, 0, 0);
	outputs(-516);
	expect(0, 0, AT(0), 24);
	outputs(-EINVAL);
	expect_count(0);
	outputs(0);
	expect_count(1);
}

Test(syscall_table, wait4_writes_only_for_a_child)
{
	enter("wait4", -1, AT(0), 1, AT(16), 0, 0);
	outputs(0);
	expect_count(0);
	outputs(1234);
	expect_count(2);
	expect(0, 1, AT(0), 4);
	expect(1, 3, AT(16), 144);
	outputs(-ECHILD);
	expect_count(0);
}

Test(syscall_table, waitid_writes_its_fields_whatever_the_result)
{
	enter("waitid", 0, 0, AT(0), 4, AT(200), 0);
	outputs(-ECHILD);
	expect_count(1);
	expect(0, 2, AT(0), 28);
	outputs(0);
	expect_count(2);
}

Test(syscall_table, a_fault_leaves_what_was_written_before_it)
{
	enter("fstat", 3, AT(SIZE - 100), 0, 0, 0, 0);
	outputs(-EFAULT);
	expect_count(1);
	expect(0, 1, AT(SIZE - 100), 100);
	enter("fstat", 3, BAD, 0, 0, 0, 0);
	outputs(-EFAULT);
	expect_count(0);
	/* What the kernel has of it is less than there is room for. */
	enter("keyctl", 31, AT(SIZE - 1), UINT64_MAX, 0, 0, 0);
	outputs(-EFAULT);
	expect_count(1);
	expect(0, 1, AT(SIZE - 1), 1);
}

/* ---- structures with counts and pointers of their own ---- */

Test(syscall_table, clone_writes_what_its_flags_ask_for)
{
	enter("clone", 0x100100, 0, AT(0), AT(8), 0, 0);
	outputs(77);
	expect_count(1);
	expect(0, 2, AT(0), 4);
	enter("clone", 17, 0, AT(0), AT(8), 0, 0);
	outputs(77);
	expect_count(0);
}

Test(syscall_table, clone3_follows_its_pointers)
{
	put_u64(AT(0), 0x1000 | 0x100000); /* PIDFD, PARENT_SETTID */
	put_u64(AT(8), AT(200));
	put_u64(AT(24), AT(300));
	enter("clone3", AT(0), 88, 0, 0, 0, 0);
	inputs();
	expect_count(1);
	expect(0, 0, AT(0), 88);
	outputs(77);
	expect_count(2);
	expect(0, 0, AT(200), 4);
	expect(1, 0, AT(300), 4);
	outputs(-EAGAIN);
	expect_count(0);
	put_u64(AT(0), 0);
	enter("clone3", AT(0), 88, 0, 0, 0, 0);
	outputs(77);
	expect_count(0);
}

Test(syscall_table, structures_with_counts_of_their_own)
{
	put_u32(AT(0), 16);
	enter("name_to_handle_at", -100, 0, AT(0), AT(200), 0, 0);
	inputs();
	expect(0, 2, AT(0), 8);
	put_u32(AT(0), 12);
	outputs(0);
	expect(0, 2, AT(0), 20);
	expect(1, 3, AT(200), 4);
	enter("name_to_handle_at", -100, 0, AT(0), AT(200), 1, 0);
	put_u32(AT(0), 128); /* EOVERFLOW: needs so much */
	outputs(-EOVERFLOW);
	expect(0, 2, AT(0), 20);
	expect(1, 3, AT(200), 8);
	put_u32(AT(24), 3); /* fiemap.fm_extent_count */
	enter("ioctl", 3, 0xc020660b, AT(0), 0, 0, 0);
	put_u32(AT(20), 2); /* fm_mapped_extents */
	outputs(0);
	expect(0, 2, AT(0), 32 + 2 * 56);
	put_u16(AT(16), 2); /* file_dedupe_range.dest_count */
	enter("ioctl", 3, 0xc0189436, AT(0), 0, 0, 0);
	outputs(0);
	expect(0, 2, AT(0), 24 + 2 * 32);
	enter("statmount", AT(0), AT(512), 1000, 0, 0, 0);
	put_u32(AT(512), 600);
	outputs(0);
	expect(0, 1, AT(512), 600);
}

Test(syscall_table, ifconf_fills_the_buffer_it_names)
{
	put_u32(AT(0), 100);
	put_u64(AT(8), AT(200));
	enter("ioctl", 3, 0x8912, AT(0), 0, 0, 0);
	put_u32(AT(0), 80);
	outputs(0);
	expect_count(2);
	expect(0, 2, AT(0), 16);
	expect(1, 2, AT(200), 80);
}

Test(syscall_table, wireless_request_fills_the_buffer_it_names)
{
	put_u64(AT(16), AT(200));
	put_u16(AT(24), 33);
	put_u16(AT(26), 0xffff); /* flags */
	enter("ioctl", 3, 0x8b1b, AT(0), 0, 0, 0);
	put_u16(AT(24), 7);
	outputs(0);
	expect_count(2);
	expect(0, 2, AT(0), 32);
	expect(1, 2, AT(200), 7);
	outputs(-ENODEV);
	expect_count(0);
}

/* EVIOCGNAME(33), and one that has no size of its own */
Test(syscall_table, request_number_has_the_size)
{
	enter("ioctl", 3, 0x80214506, AT(0), 0, 0, 0);
	outputs(5);
	expect_count(1);
	expect(0, 2, AT(0), 5);
	outputs(40); /* no more than there is room for */
	expect(0, 2, AT(0), 33);
	enter("ioctl", 3, 0x8058450a, AT(0), 0, 0, 0); /* EVIOCGMTSLOTS */
	inputs();
	expect(0, 2, AT(0), 88);
	outputs(0);
	expect(0, 2, AT(0), 88);
}

Test(syscall_table, disk_command_says_how_many_sectors)
{
	put_u32(AT(0), 0x010000ec); /* HDIO_DRIVE_CMD: identify */
	enter("ioctl", 3, 0x31f, AT(0), 0, 0, 0);
	outputs(0);
	expect_count(1);
	expect(0, 2, AT(0), 516);
}

Test(syscall_table, capabilities_have_one_or_two_words)
{
	put_u32(AT(0), 0x20080522);
	enter("capget", AT(0), AT(16), 0, 0, 0, 0);
	outputs(0);
	expect(1, 1, AT(16), 24);
	put_u32(AT(0), 0x19980330);
	enter("capget", AT(0), AT(16), 0, 0, 0, 0);
	outputs(0);
	expect(1, 1, AT(16), 12);
	outputs(-EINVAL); /* tells the version it wants */
	expect_count(1);
	expect(0, 0, AT(0), 8);
}

Test(syscall_table, filters_and_attributes_are_followed)
{
	put_u16(AT(0), 3);
	put_u64(AT(8), AT(100));
	enter("seccomp", 1, 0, AT(0), 0, 0, 0);
	inputs();
	expect_count(2);
	expect(0, 2, AT(0), 16);
	expect(1, 2, AT(100), 24);
	enter("prctl", PR_SET_SECCOMP, 1, AT(0), 0, 0, 0); /* strict */
	inputs();
	expect_count(0);
	put_u64(AT(0), AT(300));
	put_u32(AT(8), 50);
	put(AT(400), "user.x", 7);
	enter("getxattrat", 3, AT(500), 0, AT(400), AT(0), 16);
	outputs(20);
	expect_count(1);
	expect(0, 4, AT(300), 20);
}

Test(syscall_table, counted_from_results)
{
	enter("msgrcv", 1, AT(0), 100, 0, 0, 0);
	outputs(10);
	expect(0, 1, AT(0), 18);
	outputs(0); /* an empty message has a type */
	expect(0, 1, AT(0), 8);
	enter("getgroups", 5, AT(0), 0, 0, 0, 0);
	outputs(3);
	expect(0, 1, AT(0), 12);
	enter("sched_getaffinity", 0, 128, AT(0), 0, 0, 0);
	outputs(8);
	expect(0, 2, AT(0), 8);
	enter("listmount", AT(0), AT(512), 10, 0, 0, 0);
	outputs(4);
	expect(0, 1, AT(512), 32);
	/* an int in an unsigned register: -EINVAL */
	enter("modify_ldt", 0, AT(0), 64, 0, 0, 0);
	outputs(0xffffffea);
	expect_count(0);
	enter("mincore", AT(0), 4096 * 2 + 1, AT(512), 0, 0, 0);
	outputs(0);
	expect(0, 2, AT(512), 3);
	enter("get_mempolicy", AT(0), AT(8), 65, 0, 0, 0);
	outputs(0);
	expect(1, 1, AT(8), 8);
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
