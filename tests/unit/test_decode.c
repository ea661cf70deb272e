/* SPDX-License-Identifier: MIT */
/* What reel dump and reel stat say of events made by hand. */
#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "src/decode.h"
#include "src/decode_names.h"
#include "src/dump.h"
#include "src/instruction.h"
#include "src/registers.h"
#include "src/stat.h"
#include "tests/unit/test_trace_tools.h"
#include "traces/reader.h"
#include "traces/report.h"

TestSuite(decode, .timeout = 60);
TestSuite(dump, .init = directory_enter, .fini = directory_leave,
	  .timeout = 120);

/* ---- one call ---- */

static struct event event;
static struct effect_list effects;

static void call_begin(int number, const uint64_t arguments[6])
{
	static const int places[] = {
		R_RDI, R_RSI, R_RDX, R_R10, R_R8, R_R9
	};

	effect_list_clear(&effects);
	event = (struct event){.kind = EVENT_SYSCALL, .task = 1};
	event.detail = number;
	for (unsigned i = 0; i < 6; i++)
		event.registers[places[i]] = arguments[i];
}

#define CALL(number, ...) \
	call_begin(number, (const uint64_t[6]){__VA_ARGS__})

static struct effect *saved(enum effect_kind kind, unsigned argument,
			    uint64_t address, const void *bytes, size_t length)
{
	struct effect *effect =
		effect_list_add_bytes(&effects, kind, bytes, length);

	effect->id = argument;
	effect->address = address;
	return effect;
}

static struct effect *input(unsigned argument, uint64_t address,
			    const void *bytes, size_t length)
{
	return saved(EFFECT_INPUT, argument, address, bytes, length);
}

static void input_string(unsigned argument, uint64_t address, const char *text)
{
	input(argument, address, text, strlen(text) + 1);
}

static void output(unsigned argument, uint64_t address, const void *bytes,
		   size_t length)
{
	saved(EFFECT_WRITE, argument, address, bytes, length);
}

static void assert_text(int64_t result, const char *expected)
{
	struct decoder decoder;
	struct text text = {0};

	event.effects = effects.effects;
	event.effect_count = effects.count;
	event.result = result;
	decoder_init(&decoder);
	decoder_enter(&decoder, &event);
	decoder_exit(&decoder, &event);
	decode_call(&decoder, &text);
	cr_expect_str_eq(text_string(&text), expected);
	text_deinit(&text);
	decoder_deinit(&decoder);
}

Test(decode, open_has_flags_and_the_mode_only_when_it_creates)
{
	CALL(SYS_openat, (uint64_t)AT_FDCWD, 0x1000, O_RDONLY | O_CLOEXEC);
	input_string(1, 0x1000, "/etc/passwd");
	assert_text(3, "openat(AT_FDCWD, \"/etc/passwd\", "
		    "O_RDONLY|O_CLOEXEC) = 3");
	event.registers[R_RDX] = O_RDWR | O_CREAT | O_SYNC;
	event.registers[R_R10] = 0640;
	assert_text(3, "openat(AT_FDCWD, \"/etc/passwd\", "
		    "O_RDWR|O_CREAT|O_SYNC, 0640) = 3");
	event.registers[R_RDX] = O_WRONLY | O_TMPFILE | O_EXCL;
	assert_text(-EOPNOTSUPP, "openat(AT_FDCWD, \"/etc/passwd\", "
		    "O_WRONLY|O_EXCL|O_TMPFILE, 0640) = -1 EOPNOTSUPP "
		    "(Operation not supported)");
}

Test(decode, errors_have_names_and_restarts_are_no_errors)
{
	CALL(SYS_close, 7);
	assert_text(-EBADF, "close(7) = -1 EBADF (Bad file descriptor)");
	assert_text(-512, "close(7) = ? ERESTARTSYS "
		    "(To be restarted if SA_RESTART is set)");
	assert_text(-516, "close(7) = ? ERESTART_RESTARTBLOCK "
		    "(Interrupted by signal)");
	assert_text(-4000, "close(7) = -1 errno 4000");
}

Test(decode, read_shows_what_was_read_and_not_what_was_not)
{
	CALL(SYS_read, 0, 0x2000, 100);
	output(1, 0x2000, "a\n\x1b[31m\0" "7\"\\\xff", 12);
	assert_text(12, "read(0, \"a\\n\\33[31m\\0007\\\"\\\\\\377\", 100) "
		    "= 12");
	CALL(SYS_read, 0, 0x2000, 100);
	assert_text(0, "read(0, \"\", 100) = 0");
	assert_text(-EFAULT, "read(0, 0x2000, 100) = -1 EFAULT "
		    "(Bad address)");
}

Test(decode, long_payload_is_cut_and_says_so)
{
	char bytes[100];

	memset(bytes, 'x', sizeof(bytes));
	CALL(SYS_write, 1, 0x2000, 100000);
	input(1, 0x2000, bytes, sizeof(bytes))->extent = 100000;
	bytes[64] = '\0';
	char *expected = xasprintf("write(1, \"%s\"..., 100000) = 100000",
				   bytes);
	assert_text(100000, expected);
	free(expected);
}

Test(decode, outputs_saved_in_pieces_are_one)
{
	CALL(SYS_read, 0, 0x2000, 100);
	output(1, 0x2000, "abc", 3);
	output(1, 0x2003, "def", 3);
	assert_text(6, "read(0, \"abcdef\", 100) = 6");
}

Test(decode, descriptors_have_the_label_of_their_file)
{
	CALL(SYS_fsync, 3);
	effect_list_add_bytes(&effects, EFFECT_FD, "/tmp/a>b\n", 9)->id = 3;
	assert_text(0, "fsync(3</tmp/a\\>b\\n>) = 0");
	CALL(SYS_openat, 5, 0x1000, O_RDONLY);
	input_string(1, 0x1000, "x");
	effect_list_add_bytes(&effects, EFFECT_FD, "/tmp", 4)->id = 5;
	effect_list_add_bytes(&effects, EFFECT_FD, "/tmp/x", 6)->id = 6;
	assert_text(6, "openat(5</tmp>, \"x\", O_RDONLY) = 6</tmp/x>");
}

Test(decode, stat_has_types_devices_and_sizes)
{
	struct stat status = {
		.st_dev = 0xfe00, .st_ino = 42, .st_mode = S_IFREG | 0644,
		.st_nlink = 1, .st_size = 7, .st_blksize = 4096,
		.st_mtim = {.tv_sec = 5, .tv_nsec = 6},
	};

	CALL(SYS_fstat, 3, 0x3000);
	output(1, 0x3000, &status, sizeof(status));
	assert_text(0, "fstat(3, {st_dev=makedev(0xfe, 0), st_ino=42, "
		    "st_mode=S_IFREG|0644, st_nlink=1, st_uid=0, st_gid=0, "
		    "st_blksize=4096, st_blocks=0, st_size=7, st_atime=0, "
		    "st_atime_nsec=0, st_mtime=5, st_mtime_nsec=6, "
		    "st_ctime=0, st_ctime_nsec=0}) = 0");
}

Test(decode, internet_addresses_of_both_kinds)
{
	struct sockaddr_in inet = {
		.sin_family = AF_INET, .sin_port = htons(80),
	};
	struct sockaddr_in6 inet6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(443),
	};

	inet_pton(AF_INET, "192.0.2.1", &inet.sin_addr);
	CALL(SYS_connect, 3, 0x4000, sizeof(inet));
	input(1, 0x4000, &inet, sizeof(inet));
	assert_text(-EINPROGRESS, "connect(3, {sa_family=AF_INET, "
		    "sin_port=htons(80), sin_addr=inet_addr(\"192.0.2.1\")}, "
		    "16) = -1 EINPROGRESS (Operation now in progress)");
	inet_pton(AF_INET6, "2001:db8::1", &inet6.sin6_addr);
	CALL(SYS_bind, 3, 0x4000, sizeof(inet6));
	input(1, 0x4000, &inet6, sizeof(inet6));
	assert_text(0, "bind(3, {sa_family=AF_INET6, sin6_port=htons(443), "
		    "sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "
		    "\"2001:db8::1\", &sin6_addr), sin6_scope_id=0}, 28) = 0");
}

Test(decode, unix_addresses_named_and_abstract)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(address.sun_path, "/run/x");
	CALL(SYS_connect, 3, 0x4000, 9);
	input(1, 0x4000, &address, 9);
	assert_text(0, "connect(3, {sa_family=AF_UNIX, "
		    "sun_path=\"/run/x\"}, 9) = 0");
	memcpy(address.sun_path, "\0ab\0c", 5);
	CALL(SYS_connect, 3, 0x4000, 7);
	input(1, 0x4000, &address, 7);
	assert_text(0, "connect(3, {sa_family=AF_UNIX, "
		    "sun_path=@\"ab\\0c\"}, 7) = 0");
}

Test(decode, a_length_that_changes_shows_both)
{
	struct sockaddr_in inet = {.sin_family = AF_INET};
	uint32_t before = 128, after = sizeof(inet);

	CALL(SYS_getsockname, 3, 0x4000, 0x4100);
	input(2, 0x4100, &before, sizeof(before));
	output(1, 0x4000, &inet, sizeof(inet));
	output(2, 0x4100, &after, sizeof(after));
	assert_text(0, "getsockname(3, {sa_family=AF_INET, sin_port=htons(0), "
		    "sin_addr=inet_addr(\"0.0.0.0\")}, [128 => 16]) = 0");
}

Test(decode, vectors_show_what_each_buffer_got)
{
	struct iovec vector[2] = {
		{(void *)0x6000, 2}, {(void *)0x7000, 10},
	};

	CALL(SYS_readv, 3, 0x5000, 2);
	input(1, 0x5000, vector, sizeof(vector));
	output(1, 0x6000, "ab", 2);
	output(1, 0x7000, "c", 1);
	assert_text(3, "readv(3, [{iov_base=\"ab\", iov_len=2}, "
		    "{iov_base=\"c\", iov_len=10}], 2) = 3");
}

Test(decode, messages_have_control_messages)
{
	struct iovec vector = {(void *)0x6000, 1};
	struct msghdr message = {
		.msg_iov = (struct iovec *)0x5100, .msg_iovlen = 1,
		.msg_control = (void *)0x5200, .msg_controllen = 24,
	};
	struct {
		uint64_t length;
		int level, type, fds[2];
	} rights = {24, SOL_SOCKET, SCM_RIGHTS, {8, 9}};

	CALL(SYS_sendmsg, 4, 0x5000, MSG_NOSIGNAL);
	input(1, 0x5000, &message, sizeof(message));
	input(1, 0x5100, &vector, sizeof(vector));
	input(1, 0x6000, "z", 1);
	input(1, 0x5200, &rights, sizeof(rights));
	assert_text(1, "sendmsg(4, {msg_name=NULL, msg_namelen=0, "
		    "msg_iov=[{iov_base=\"z\", iov_len=1}], msg_iovlen=1, "
		    "msg_control=[{cmsg_len=24, cmsg_level=SOL_SOCKET, "
		    "cmsg_type=SCM_RIGHTS, cmsg_data=[8, 9]}], "
		    "msg_controllen=24, msg_flags=0}, MSG_NOSIGNAL) = 1");
}

Test(decode, poll_shows_events_and_then_what_came)
{
	struct pollfd polled[2] = {
		{.fd = 3, .events = POLLIN}, {.fd = 4, .events = POLLOUT},
	};

	CALL(SYS_poll, 0x8000, 2, (uint64_t)-1);
	input(0, 0x8000, polled, sizeof(polled));
	polled[1].revents = POLLOUT | POLLHUP;
	output(0, 0x8000, polled, sizeof(polled));
	assert_text(1, "poll([{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}], "
		    "2, -1) = 1 ([{fd=4, revents=POLLOUT|POLLHUP}])");
	assert_text(0, "poll([{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}], "
		    "2, -1) = 0 (Timeout)");
}

Test(decode, select_shows_sets_and_the_time_left)
{
	struct timeval timeout = {2, 0}, left = {1, 500};
	uint64_t set = 1 << 3 | 1 << 5, ready = 1 << 5;

	CALL(SYS_select, 6, 0x8000, 0, 0, 0x8100);
	input(1, 0x8000, &set, sizeof(set));
	input(4, 0x8100, &timeout, sizeof(timeout));
	output(1, 0x8000, &ready, sizeof(ready));
	output(4, 0x8100, &left, sizeof(left));
	assert_text(1, "select(6, [3 5], NULL, NULL, {tv_sec=2, tv_usec=0}) "
		    "= 1 (in [5], left {tv_sec=1, tv_usec=500})");
}

Test(decode, epoll_events_are_a_list_even_of_one)
{
	struct epoll_event found = {.events = EPOLLIN | EPOLLET,
				    .data.u64 = 7};

	CALL(SYS_epoll_wait, 3, 0x8000, 10, (uint64_t)-1);
	output(1, 0x8000, &found, sizeof(found));
	assert_text(1, "epoll_wait(3, [{events=EPOLLIN|EPOLLET, "
		    "data={u32=7, u64=0x7}}], 10, -1) = 1");
}

Test(decode, wait_status_and_options)
{
	int status = SIGSEGV | 0x80;

	CALL(SYS_wait4, (uint64_t)-1, 0x8000, 1 | 2, 0);
	output(1, 0x8000, &status, sizeof(status));
	assert_text(55, "wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV "
		    "&& WCOREDUMP(s)}], WNOHANG|WSTOPPED, NULL) = 55");
}

Test(decode, signal_sets_and_actions)
{
	uint64_t set = 1ull << (SIGINT - 1) | 1ull << (SIGQUIT - 1);
	uint64_t inverted = ~(1ull << (SIGKILL - 1));
	uint64_t action[4] = {1, 0x4000000, 0x1234, set};

	CALL(SYS_rt_sigprocmask, SIG_BLOCK, 0x8000, 0x8100, 8);
	input(1, 0x8000, &set, sizeof(set));
	output(2, 0x8100, &inverted, sizeof(inverted));
	assert_text(0, "rt_sigprocmask(SIG_BLOCK, [INT QUIT], ~[KILL], 8) "
		    "= 0");
	CALL(SYS_rt_sigaction, SIGHUP, 0x8000, 0, 8);
	input(1, 0x8000, action, sizeof(action));
	assert_text(0, "rt_sigaction(SIGHUP, {sa_handler=SIG_IGN, "
		    "sa_mask=[INT QUIT], sa_flags=SA_RESTORER, "
		    "sa_restorer=0x1234}, NULL, 8) = 0");
}

Test(decode, maps_have_a_type_flags_and_sizes_of_huge_pages)
{
	CALL(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0);
	assert_text(0x7f0000000000, "mmap(NULL, 4096, PROT_READ|PROT_WRITE, "
		    "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000");
	event.registers[R_R10] = MAP_SHARED | MAP_HUGETLB | 21 << 26;
	event.registers[R_RDX] = PROT_NONE;
	assert_text(-ENOMEM, "mmap(NULL, 4096, PROT_NONE, "
		    "MAP_SHARED|MAP_HUGETLB|MAP_HUGE_2MB, -1, 0) = -1 ENOMEM "
		    "(Cannot allocate memory)");
}

Test(decode, requests_choose_how_arguments_are_read)
{
	struct flock lock = {.l_type = F_WRLCK, .l_len = 10};

	CALL(SYS_fcntl, 3, F_GETFL);
	assert_text(O_RDWR | O_APPEND, "fcntl(3, F_GETFL) = 0x402 "
		    "(flags O_RDWR|O_APPEND)");
	CALL(SYS_fcntl, 3, F_SETLK, 0x8000);
	input(2, 0x8000, &lock, sizeof(lock));
	assert_text(0, "fcntl(3, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, "
		    "l_start=0, l_len=10, l_pid=0}) = 0");
	CALL(SYS_prctl, 15, 0x8000);
	input_string(1, 0x8000, "worker");
	assert_text(0, "prctl(PR_SET_NAME, \"worker\") = 0");
	CALL(SYS_ioctl, 1, 0x5413, 0x8000);
	output(2, 0x8000, "\x18\0\x50\0\0\0\0\0", 8);
	assert_text(0, "ioctl(1, TIOCGWINSZ, {ws_row=24, ws_col=80, "
		    "ws_xpixel=0, ws_ypixel=0}) = 0");
}

Test(decode, futex_operations)
{
	CALL(SYS_futex, 0x9000, 0x80 | 9 | 0x100, 2, 0, 0, 0xffffffff);
	assert_text(-EAGAIN, "futex(0x9000, "
		    "FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 2, NULL, "
		    "FUTEX_BITSET_MATCH_ANY) = -1 EAGAIN "
		    "(Resource temporarily unavailable)");
	CALL(SYS_futex, 0x9000, 0x81, 1);
	assert_text(1, "futex(0x9000, FUTEX_WAKE_PRIVATE, 1) = 1");
}

Test(decode, clone_flags_and_the_words_that_count)
{
	pid_t tid = 77;

	CALL(SYS_clone, CLONE_VM | CLONE_PARENT_SETTID | SIGCHLD, 0x5000,
	     0x8000, 0x8100, 0);
	output(2, 0x8000, &tid, sizeof(tid));
	assert_text(77, "clone(flags=CLONE_VM|CLONE_PARENT_SETTID|SIGCHLD, "
		    "stack=0x5000, parent_tid=[77]) = 77");
}

Test(decode, execve_has_arguments_and_counts_the_environment)
{
	uint64_t argv[3] = {0x1100, 0x1200, 0}, envp[2] = {0x1300, 0};

	CALL(SYS_execve, 0x1000, 0x2000, 0x3000);
	input_string(0, 0x1000, "/bin/ls");
	input(1, 0x2000, argv, sizeof(argv));
	input_string(1, 0x1100, "ls");
	input_string(1, 0x1200, "a b");
	input(2, 0x3000, envp, sizeof(envp));
	assert_text(-ENOENT, "execve(\"/bin/ls\", [\"ls\", \"a b\"], "
		    "0x3000 /* 1 var */) = -1 ENOENT "
		    "(No such file or directory)");
}

Test(decode, directory_records)
{
	uint8_t bytes[48] = {0};

	bytes[0] = 9;
	bytes[16] = 24;
	bytes[18] = 4;
	memcpy(bytes + 19, ".", 2);
	bytes[24] = 10;
	bytes[40] = 24;
	bytes[42] = 8;
	memcpy(bytes + 43, "abc", 4);
	CALL(SYS_getdents64, 3, 0x8000, 32768);
	output(1, 0x8000, bytes, sizeof(bytes));
	assert_text(48, "getdents64(3, [{d_ino=9, d_off=0, d_reclen=24, "
		    "d_type=DT_DIR, d_name=\".\"}, {d_ino=10, d_off=0, "
		    "d_reclen=24, d_type=DT_REG, d_name=\"abc\"}], 32768) "
		    "= 48");
}

Test(decode, netlink_requests)
{
	struct {
		uint32_t length;
		uint16_t type, flags;
		uint32_t sequence, pid;
		uint8_t family, pad[3];
	} request = {20, 18, 0x301, 1, 0, AF_UNSPEC, {0}};
	struct {
		uint16_t family, pad;
		uint32_t pid, groups;
	} address = {AF_NETLINK, 0, 0, 0};

	CALL(SYS_sendto, 3, 0x8000, 20, 0, 0x8100, 12);
	input(1, 0x8000, &request, sizeof(request));
	input(4, 0x8100, &address, sizeof(address));
	assert_text(20, "sendto(3, [{{nlmsg_len=20, nlmsg_type=RTM_GETLINK, "
		    "nlmsg_flags=NLM_F_REQUEST|NLM_F_DUMP, nlmsg_seq=1, "
		    "nlmsg_pid=0}, {rtgen_family=AF_UNSPEC}}], 20, 0, "
		    "{sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, "
		    "12) = 20");
}

Test(decode, a_call_that_has_not_ended_has_no_result)
{
	struct decoder decoder;
	struct text text = {0};

	CALL(SYS_exit_group, 3);
	decoder_init(&decoder);
	decoder_enter(&decoder, &event);
	decode_call(&decoder, &text);
	cr_expect_str_eq(text_string(&text), "exit_group(3) = ?");
	text_deinit(&text);
	decoder_deinit(&decoder);
}

Test(decode, a_call_of_no_known_number_shows_its_registers)
{
	CALL(9999, 1, 2);
	assert_text(-ENOSYS, "syscall_9999(0x1, 0x2, 0, 0, 0, 0) = -1 ENOSYS "
		    "(Function not implemented)");
}

Test(decode, flags_without_a_name_stay_visible)
{
	CALL(SYS_mprotect, 0x1000, 4096, PROT_READ | 0x80000);
	assert_text(0, "mprotect(0x1000, 4096, PROT_READ|0x80000) = 0");
}

Test(decode, real_time_signals_and_errnos_have_names)
{
	struct text text = {0};

	decode_signal(&text, 34);
	text_add(&text, " ");
	decode_signal(&text, SIGSYS);
	text_add(&text, " ");
	decode_signal(&text, 99);
	cr_expect_str_eq(text_string(&text), "SIGRT_2 SIGSYS 99");
	text_deinit(&text);
	cr_expect_str_eq(decode_errno(ENOTSUP), "EOPNOTSUPP");
	cr_expect_null(decode_errno(4000));
}

Test(decode, every_errno_of_the_c_library_has_the_same_name)
{
	for (int error = 1; error < 134; error++) {
		const char *name = strerrorname_np(error);

		if (!name || error == ENOTSUP)
			continue;
		cr_expect_str_eq(decode_errno(error), name);
	}
}

Test(decode, ioctl_names_known_and_unknown)
{
	struct text text = {0};

	decode_ioctl(&text, 0x5401);
	text_add(&text, " ");
	decode_ioctl(&text, 0x40049409);
	text_add(&text, " ");
	decode_ioctl(&text, 0x80ffee01);
	cr_expect_str_eq(text_string(&text), "TCGETS FICLONE "
			 "_IOC(_IOC_READ, 0xee, 0x1, 0xff)");
	text_deinit(&text);
}

Test(decode, ioctl_table_is_sorted)
{
	static const uint32_t requests[] = {
#define IOCTL(value, name) value,
#include "src/decode_ioctl.def"
#undef IOCTL
	};

	for (size_t i = 1; i < sizeof(requests) / sizeof(*requests); i++)
		cr_assert_lt(requests[i - 1], requests[i]);
}

/* ---- whole traces ---- */

static struct trace_writer *writer;

static void trace_begin(void)
{
	cr_assert_eq(trace_writer_create(in_directory("t"), &sample_info,
					 &writer), 0);
}

static void append(void)
{
	event.effects = effects.effects;
	event.effect_count = effects.count;
	cr_assert_eq(trace_writer_append(writer, &event), 0);
}

static void append_root(void)
{
	struct registers registers = {{0}};
	struct effect *effect;

	effect_list_clear(&effects);
	event = (struct event){.kind = EVENT_CLONE, .task = 1};
	effect = effect_list_add_bytes(&effects, EFFECT_TASK, &registers,
				       sizeof(registers));
	effect->id = 1;
	effect->address = 500;
	effect->offset = 500;
	append();
}

static void append_thread(void)
{
	struct registers registers = {{0}};
	struct effect *effect;

	effect_list_clear(&effects);
	event = (struct event){.kind = EVENT_CLONE, .task = 1};
	event.time_ns = 1000000;
	effect = effect_list_add_bytes(&effects, EFFECT_TASK, &registers,
				       sizeof(registers));
	effect->id = 2;
	effect->address = 501;
	effect->offset = 500;
	effect->extent = CLONE_VM | CLONE_THREAD;
	append();
}

static void append_enter(void)
{
	CALL(SYS_read, 0, 0x2000, 10);
	event.kind = EVENT_SYSCALL_ENTER;
	event.time_ns = 2000000;
	append();
}

static void append_close(void)
{
	CALL(SYS_close, 9);
	event.task = 2;
	event.result = -EBADF;
	event.time_ns = 2500000;
	append();
}

static void append_read_exit(void)
{
	effect_list_clear(&effects);
	event = (struct event){.kind = EVENT_SYSCALL_EXIT, .task = 1};
	event.detail = SYS_read;
	event.result = 2;
	event.time_ns = 1002000000;
	output(1, 0x2000, "hi", 2);
	append();
}

static void append_signal(void)
{
	siginfo_t info = {.si_signo = SIGCHLD, .si_code = CLD_EXITED};

	info.si_pid = 600;
	effect_list_clear(&effects);
	event = (struct event){.kind = EVENT_SIGNAL, .task = 1};
	event.signal = SIGCHLD;
	event.result = SIGNAL_IGNORED;
	event.time_ns = 1003000000;
	effect_list_add_bytes(&effects, EFFECT_SIGINFO, &info, 128);
	append();
}

static void append_rdtsc(void)
{
	struct registers after = {{0}};

	after.value[R_RDX] = 0x12;
	after.value[R_RAX] = 0x345678;
	effect_list_clear(&effects);
	event = (struct event){.kind = EVENT_INSTRUCTION, .task = 1};
	event.detail = INSTRUCTION_RDTSC;
	event.result = 0x345678;
	event.time_ns = 1004000000;
	event.registers[R_RIP] = 0x401000;
	effect_list_add_bytes(&effects, EFFECT_REGISTERS, &after,
			      sizeof(after));
	append();
}

static void append_note(void)
{
	const char text[] = "ioctl 0x1234 \x1b[2J degraded";

	effect_list_clear(&effects);
	event = (struct event){.kind = EVENT_NOTE, .task = 1};
	event.time_ns = 1005000000;
	effect_list_add_bytes(&effects, EFFECT_TEXT, text, strlen(text))->id =
		TEXT_WARNING;
	append();
}

static void append_exit(void)
{
	effect_list_clear(&effects);
	event = (struct event){.kind = EVENT_EXIT, .task = 1};
	event.detail = SIGSEGV | 0x80;
	event.time_ns = 1006000000;
	append();
}

static void make_example(void)
{
	trace_begin();
	append_root();
	append_thread();
	append_enter();
	append_close();
	append_read_exit();
	append_signal();
	append_rdtsc();
	append_note();
	append_exit();
	cr_assert_eq(trace_writer_finish(writer, &sample_info), 0);
	trace_writer_destroy(writer);
}

/* What dump prints; the caller frees it. */
static char *dump(struct dump_options options, int expected)
{
	struct trace_reader *reader;
	char *text = NULL;
	size_t length;

	options.stream = open_memstream(&text, &length);
	cr_assert_eq(trace_reader_open(in_directory("t"), &reader), 0);
	cr_expect_eq(dump_trace(reader, &options), expected);
	trace_reader_close(reader);
	fclose(options.stream);
	return text;
}

Test(dump, each_event_is_a_line)
{
	static const char expected[] =
"     1 [500] 0.000000 +++ new process 500 (task 1) +++\n"
"     2 [500] 0.001000 +++ new thread 501 of process 500 (task 2, "
"CLONE_VM|CLONE_THREAD) +++\n"
"     3 [500] 0.002000 read(0, <unfinished ...>\n"
"     4 [501] 0.002500 close(9) = -1 EBADF (Bad file descriptor)\n"
"     5 [500] 1.002000 <... read resumed>\"hi\", 10) = 2\n"
"     6 [500] 1.003000 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, "
"si_pid=600, si_uid=0, si_status=0, si_utime=0, si_stime=0} --- (ignored)\n"
"     7 [500] 1.004000 rdtsc = 0x1200345678 at 0x401000\n"
"     8 [500] 1.005000 note: warning: ioctl 0x1234 \\33[2J degraded\n"
"     9 [500] 1.006000 +++ killed by SIGSEGV (core dumped) +++\n";
	char *text;

	make_example();
	text = dump((struct dump_options){0}, 0);
	cr_expect_str_eq(text, expected);
	free(text);
}

Test(dump, a_range_may_begin_inside_a_call)
{
	char *text;

	make_example();
	text = dump((struct dump_options){.from = 4, .to = 5}, 0);
	cr_expect_str_eq(text,
"     4 [501] 0.002500 close(9) = -1 EBADF (Bad file descriptor)\n"
"     5 [500] 1.002000 read(0, \"hi\", 10) = 2 (began at event 3)\n");
	free(text);
}

Test(dump, a_thread_and_a_call_can_be_chosen)
{
	char *calls[] = {"read", NULL};
	char *text;

	make_example();
	text = dump((struct dump_options){.pid = 501}, 0);
	cr_expect_str_eq(text,
"     4 [501] 0.002500 close(9) = -1 EBADF (Bad file descriptor)\n");
	free(text);
	text = dump((struct dump_options){.calls = calls}, 0);
	cr_expect_str_eq(text,
"     3 [500] 0.002000 read(0, <unfinished ...>\n"
"     5 [500] 1.002000 <... read resumed>\"hi\", 10) = 2\n");
	free(text);
}

Test(dump, wrong_requests_are_errors)
{
	char *calls[] = {"no_such_call", NULL};

	silence_reports();
	make_example();
	free(dump((struct dump_options){.calls = calls}, -EINVAL));
	free(dump((struct dump_options){.from = 10}, -ERANGE));
}

Test(dump, json_lines_give_back_every_byte)
{
	char *text, *line, *rest = NULL;
	json_t *object, *effect;
	unsigned count = 0;

	make_example();
	text = dump((struct dump_options){.json = 1}, 0);
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		object = json_loads(line, 0, NULL);
		cr_assert_not_null(object);
		cr_expect_eq(json_integer_value(json_object_get(
				object, "event")), ++count);
		effect = json_array_get(json_object_get(object, "effects"),
					0);
		if (count == 5)
			cr_expect_str_eq(json_string_value(json_object_get(
					effect, "bytes")), "hi");
		if (count == 8)
			cr_expect_str_eq(json_string_value(json_object_get(
					effect, "text")),
					"ioctl 0x1234 \\x1b[2J degraded");
		json_decref(object);
	}
	cr_expect_eq(count, 9);
	free(text);
}

Test(dump, statistics_count_calls_errors_and_waits)
{
	struct trace_reader *reader;
	char *text = NULL;
	json_t *object, *calls, *call;
	size_t length, index;
	FILE *stream = open_memstream(&text, &length);

	make_example();
	cr_assert_eq(trace_reader_open(in_directory("t"), &reader), 0);
	cr_expect_eq(stat_trace(reader, stream, 1), 0);
	trace_reader_close(reader);
	fclose(stream);
	object = json_loads(text, 0, NULL);
	cr_assert_not_null(object);
	calls = json_object_get(object, "calls");
	cr_assert_eq(json_array_size(calls), 2);
	json_array_foreach(calls, index, call) {
		const char *name = json_string_value(json_object_get(
				call, "call"));
		int64_t errors = json_integer_value(json_object_get(
				call, "errors"));
		int64_t time = json_integer_value(json_object_get(
				call, "time_ns"));

		cr_expect_eq(errors, strcmp(name, "close") ? 0 : 1);
		cr_expect_eq(time, strcmp(name, "read") ? 0 : 1000000000);
	}
	json_decref(object);
	free(text);
}

/* Whatever is in a trace is somebody's; no reader of it may fall over. */
Test(dump, any_events_at_all_can_be_dumped)
{
	struct trace_reader *reader;
	FILE *stream;
	char *text = NULL;
	size_t length;

	make_trace(in_directory("t"), 3000, 300);
	text = dump((struct dump_options){0}, 0);
	for (char *at = text; *at; at++)
		cr_assert(*at == '\n' || (*at >= ' ' && *at <= '~'),
			  "byte %#x at %td", *at, at - text);
	free(text);
	free(dump((struct dump_options){.json = 1}, 0));
	stream = open_memstream(&text, &length);
	cr_assert_eq(trace_reader_open(in_directory("t"), &reader), 0);
	cr_expect_eq(stat_trace(reader, stream, 0), 0);
	trace_reader_close(reader);
	fclose(stream);
	free(text);
}

/* Each call of the table with saved bytes that mean nothing. */
Test(dump, any_bytes_behind_any_argument_can_be_decoded)
{
	struct dice dice = {7};
	uint8_t bytes[512];
	struct decoder decoder;
	struct text text = {0};

	decoder_init(&decoder);
	for (int round = 0; round < 20 * syscall_table_size(); round++) {
		uint64_t arguments[6];

		for (unsigned i = 0; i < 6; i++)
			arguments[i] = dice_roll(&dice, 3) ?
				0x1000 * (1 + dice_roll(&dice, 4)) :
				dice_roll(&dice, 64);
		call_begin(round % syscall_table_size(), arguments);
		for (unsigned i = 0; i < 6; i++) {
			dice_fill(&dice, bytes, sizeof(bytes));
			for (unsigned j = 0; j < sizeof(bytes) / 8; j++) {
				uint64_t near = 0x1000 *
					(1 + dice_roll(&dice, 4));

				if (dice_roll(&dice, 2))
					memcpy(bytes + 8 * j, &near, 8);
			}
			saved(dice_roll(&dice, 2) ? EFFECT_INPUT :
			      EFFECT_WRITE, i, arguments[i], bytes,
			      dice_roll(&dice, sizeof(bytes)));
		}
		event.effects = effects.effects;
		event.effect_count = effects.count;
		event.result = (int64_t)dice_roll(&dice, 40) - 5;
		text_cut(&text, 0);
		decoder_enter(&decoder, &event);
		decode_entry(&decoder, &text);
		decoder_keep(&decoder);
		decoder_exit(&decoder, &event);
		decode_rest(&decoder, &text);
		decode_call(&decoder, &text);
	}
	cr_expect(text.length > 0);
	decoder_deinit(&decoder);
	text_deinit(&text);
}
