/* SPDX-License-Identifier: MIT */
/* Which memory the kernel reads and writes in a call, as its row has it. */
#include "src/syscall_table.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "tests/unit/test_syscall_tools.h"

/* ---- plain buffers ---- */

Test(syscall_extents, read_writes_what_it_returned)
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

Test(syscall_extents, more_returned_than_room_is_clipped)
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

Test(syscall_extents, write_reads_bulk)
{
	enter("write", 1, AT(0), 5, 0, 0, 0);
	inputs();
	expect_count(1);
	expect(0, 1, AT(0), 5);
	cr_expect(visits.extents[0].is_bulk);
	outputs(5);
	expect_count(0);
}

Test(syscall_extents, hostile_lengths_name_nothing)
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

Test(syscall_extents, null_is_no_memory)
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

Test(syscall_extents, kernel_sizes_not_those_of_libc)
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

Test(syscall_extents, paths_are_saved_whole)
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

Test(syscall_extents, string_that_runs_out_of_memory_has_its_readable_part)
{
	memset(arena.bytes + SIZE - 10, 'x', 10);
	enter("unlink", AT(SIZE - 10), 0, 0, 0, 0, 0);
	inputs();
	expect(0, 0, AT(SIZE - 10), 10);
	cr_expect_eq(memory_string_length(&arena.memory, AT(SIZE - 10), 4), 4);
	cr_expect_eq(memory_string_length(&arena.memory, BAD, 4), 0);
}

Test(syscall_extents, exec_reads_arrays_and_strings)
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
Test(syscall_extents, exec_with_endless_strings_ends)
{
	memset(arena.bytes, 'x', SIZE);
	for (unsigned i = 0; i < SIZE / 2; i += 8)
		put_u64(AT(SIZE / 2 + i), AT(0));
	enter("execve", AT(0), AT(SIZE / 2), AT(SIZE / 2), 0, 0, 0);
	inputs();
	cr_expect_lt(visits.count, 1000);
}

/* ---- vectors ---- */

Test(syscall_extents, readv_fills_buffers_in_order)
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

Test(syscall_extents, vectors_are_those_of_the_entry)
{
	put_iovec(AT(0), AT(1000), 10);
	enter("readv", 3, AT(0), 1, 0, 0, 0);
	put_iovec(AT(0), AT(2000), 20); /* by another thread, or the read */
	outputs(10);
	expect_count(1);
	expect(0, 1, AT(1000), 10);
}

Test(syscall_extents, vectors_longer_than_what_is_kept_are_complete)
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

Test(syscall_extents, writev_reads_vector_and_pieces)
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

Test(syscall_extents, process_vm_readv_fills_only_the_local_side)
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

Test(syscall_extents, sendmsg_reads_all_that_a_message_names)
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

Test(syscall_extents, recvmsg_writes_as_much_as_the_header_says)
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

Test(syscall_extents, recvmsg_never_exceeds_the_rooms)
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

Test(syscall_extents, recvmmsg_stops_at_the_messages_received)
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

Test(syscall_extents, sendmmsg_writes_the_lengths_sent)
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

Test(syscall_extents, a_message_the_kernel_refuses_names_nothing)
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

Test(syscall_extents, inout_length_is_clipped_to_its_room)
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

Test(syscall_extents, inout_length_shorter_than_its_room)
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

Test(syscall_extents, unreadable_or_negative_length_has_no_room)
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

Test(syscall_extents, getsockopt_filter_counts_instructions)
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

Test(syscall_extents, sleeps_write_the_rest_when_interrupted)
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

Test(syscall_extents, select_writes_the_timeout_always_and_sets_on_success)
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

Test(syscall_extents, pselect_reads_the_mask_behind_its_argument)
{
	put_iovec(AT(0), AT(32), 8);
	enter("pselect6", 0, 0, 0, 0, 0, AT(0));
	inputs();
	expect_count(2);
	expect(0, 5, AT(0), 16);
	expect(1, 5, AT(32), 8);
}

Test(syscall_extents, poll_writes_revents_when_interrupted)
{
	enter("poll", AT(0), 3, -1, 0, 0, 0);
	outputs(-516);
	expect(0, 0, AT(0), 24);
	outputs(-EINVAL);
	expect_count(0);
	outputs(0);
	expect_count(1);
}

Test(syscall_extents, wait4_writes_only_for_a_child)
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

Test(syscall_extents, waitid_writes_its_fields_whatever_the_result)
{
	enter("waitid", 0, 0, AT(0), 4, AT(200), 0);
	outputs(-ECHILD);
	expect_count(1);
	expect(0, 2, AT(0), 28);
	outputs(0);
	expect_count(2);
}

Test(syscall_extents, a_fault_leaves_what_was_written_before_it)
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

Test(syscall_extents, clone_writes_what_its_flags_ask_for)
{
	enter("clone", 0x100100, 0, AT(0), AT(8), 0, 0);
	outputs(77);
	expect_count(1);
	expect(0, 2, AT(0), 4);
	enter("clone", 17, 0, AT(0), AT(8), 0, 0);
	outputs(77);
	expect_count(0);
}

Test(syscall_extents, clone3_follows_its_pointers)
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

Test(syscall_extents, structures_with_counts_of_their_own)
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

Test(syscall_extents, ifconf_fills_the_buffer_it_names)
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

Test(syscall_extents, wireless_request_fills_the_buffer_it_names)
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
Test(syscall_extents, request_number_has_the_size)
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

Test(syscall_extents, disk_command_says_how_many_sectors)
{
	put_u32(AT(0), 0x010000ec); /* HDIO_DRIVE_CMD: identify */
	enter("ioctl", 3, 0x31f, AT(0), 0, 0, 0);
	outputs(0);
	expect_count(1);
	expect(0, 2, AT(0), 516);
}

Test(syscall_extents, capabilities_have_one_or_two_words)
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

Test(syscall_extents, filters_and_attributes_are_followed)
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

Test(syscall_extents, counted_from_results)
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
