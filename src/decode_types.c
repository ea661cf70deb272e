/* SPDX-License-Identifier: MIT */
/* The map from types to printers, and the types that are no structures. */
#include "src/decode_types.h"

#include <inttypes.h>
#include <string.h>
#include <sys/syscall.h>

#include "traces/report.h"

#define END_OF_FIELDS {.name = NULL}

#define PATH_SHOWN 4096

#define DECLARE(type) extern const struct field fields_##type[];

/* Types that are nothing but a list of fields. */
#define STRUCTURES(X)                                                       \
	X(sigaction) X(sigaltstack) X(sigevent) X(sigset_argument) X(stat)  \
	X(statx) X(statfs) X(ustat) X(timespec) X(timeval) X(timezone)      \
	X(utimbuf) X(itimerval) X(itimerspec) X(timex) X(tms) X(rusage)     \
	X(rlimit) X(sysinfo) X(utsname) X(flock) X(f_owner_ex) X(open_how)  \
	X(mount_attr) X(mnt_id_req) X(statmount) X(file_attr) X(xattr_args) \
	X(clone_args) X(sched_attr) X(cap_header)            \
	X(seccomp_notif_sizes) X(seccomp_notif) X(seccomp_notif_resp)       \
	X(seccomp_notif_addfd) X(user_desc) X(robust_list_head)             \
	X(futex_waitv) X(rseq) X(mq_attr) X(sembuf) X(semid_ds) X(msqid_ds) \
	X(shmid_ds) X(seminfo) X(msginfo) X(shminfo) X(shm_info)            \
	X(cachestat_range) X(cachestat) X(landlock_ruleset)                 \
	X(landlock_path) X(landlock_port) X(lsm_ctx) X(keyctl_dh)           \
	X(keyctl_pkey) X(keyctl_pkey_query)                                 \
	X(perf_attr) X(kexec_segment) X(io_event) X(iocb)                   \
	X(io_uring_params) X(dqblk) X(dqinfo) X(fs_disk_quota)              \
	X(fs_quota_stat) X(fs_quota_statv) X(user_regs)                     \
	X(ptrace_peeksiginfo) X(ptrace_syscall_info) X(ptrace_rseq)         \
	X(ptrace_dispatch) X(prctl_mm_map) X(pidfd_info) X(termios)         \
	X(termios2) X(termio) X(winsize) X(serial_struct)                   \
	X(serial_icounter) X(serial_rs485) X(arpreq) X(rtentry) X(iwreq)    \
	X(loop_info) X(loop_info64) X(loop_config) X(hd_geometry)           \
	X(blk_range) X(blkpg) X(file_clone_range) X(fsxattr)                \
	X(fstrim_range) X(space_resv) X(fsuuid2) X(fs_sysfs_path)           \
	X(fscrypt_policy) X(btrfs_vol_args) X(rtc_time) X(rtc_wkalrm)       \
	X(rtc_pll) X(rtc_param) X(mnt_ns_info) X(pm_scan) X(input_id)       \
	X(input_absinfo) X(sg_io_hdr) X(vt_stat) X(vt_mode) X(net_offset)

STRUCTURES(DECLARE)

void decode_file_dedupe_range(struct decoder *decoder, remote_addr address,
			      uint64_t length);
void decode_fiemap(struct decoder *decoder, remote_addr address,
		   uint64_t length);
void decode_dirent64(struct decoder *decoder, remote_addr address,
		     uint64_t length);
void decode_dirent(struct decoder *decoder, remote_addr address,
		   uint64_t length);
void decode_file_handle(struct decoder *decoder, remote_addr address,
			uint64_t length);
void decode_cap_data(struct decoder *decoder, remote_addr address,
		     uint64_t length);
void decode_bits(struct decoder *decoder, remote_addr address,
		 uint64_t length);
void decode_siginfo_at(struct decoder *decoder, remote_addr address,
		       uint64_t length);
void decode_msgbuf(struct decoder *decoder, remote_addr address,
		   uint64_t length);
void decode_sock_fprog(struct decoder *decoder, remote_addr address,
		       uint64_t length);
void decode_bpf_attr(struct decoder *decoder, remote_addr address,
		     uint64_t length);
void decode_rand_pool(struct decoder *decoder, remote_addr address,
		      uint64_t length);
void decode_ifreq(struct decoder *decoder, remote_addr address,
		  uint64_t length);
void decode_ifconf(struct decoder *decoder, remote_addr address,
		   uint64_t length);

/* ---- strings and payload ---- */

static void print_path(struct decoder *decoder, remote_addr address,
		       uint64_t length)
{
	decode_string(decoder, address, length ? length : PATH_SHOWN);
}

/* sendto and recvfrom with a netlink address carry netlink messages. */
static int is_netlink(struct decoder *decoder)
{
	uint64_t family;

	return (decoder->call.number == SYS_sendto ||
		decoder->call.number == SYS_recvfrom) &&
		decoder->call.arguments[4] &&
		decode_read(decoder, decoder->call.arguments[4], 2,
			    &family) && family == 16;
}

static void print_bytes(struct decoder *decoder, remote_addr address,
			uint64_t length)
{
	if (is_netlink(decoder))
		decode_netlink(decoder, address, length);
	else
		decode_data(decoder, address, length);
}

static unsigned count_strings(struct decoder *decoder, remote_addr address)
{
	uint64_t string;
	unsigned count = 0;

	while (decode_read(decoder, address + 8 * (uint64_t)count, 8,
			   &string) && string)
		count++;
	return count;
}

/* An environment is told by its length: it says little and is long. */
static void print_strings(struct decoder *decoder, remote_addr address,
			  uint64_t length)
{
	const char *name = decoder_argument_name(decoder, decoder->argument);
	unsigned count = count_strings(decoder, address);
	uint64_t string;

	(void)length;
	if (!strcmp(name, "envp")) {
		text_format(decoder->text, "%#" PRIx64 " /* %u var%s */",
			    address, count, count == 1 ? "" : "s");
		return;
	}
	text_add(decoder->text, "[");
	for (unsigned i = 0; i < count; i++) {
		if (i)
			text_add(decoder->text, ", ");
		if (i == ELEMENTS_SHOWN) {
			text_add(decoder->text, "...");
			break;
		}
		decode_read(decoder, address + 8 * (uint64_t)i, 8, &string);
		decode_string(decoder, string, PATH_SHOWN);
	}
	text_add(decoder->text, "]");
}

/* ---- numbers ---- */

static void field_wait_status(struct decoder *decoder, uint64_t value,
			      const struct field *field)
{
	(void)field;
	decode_wait_status(decoder->text, (uint32_t)value);
}

#define NUMBER(type, bytes, print)                                      \
	static const struct field number_##type = {"", 0, bytes, print}

NUMBER(i32, 4, field_decimal);
NUMBER(u32, 4, field_unsigned);
NUMBER(i64, 8, field_decimal);
NUMBER(u64, 8, field_unsigned);
NUMBER(u16, 2, field_unsigned);
NUMBER(u8, 1, field_unsigned);
NUMBER(hex32, 4, field_hex);
NUMBER(hex64, 8, field_hex);
NUMBER(pointer, 8, field_pointer);
NUMBER(fd, 4, field_fd);
NUMBER(id, 4, field_id);
NUMBER(signal, 4, field_signal);
NUMBER(wait_status, 4, field_wait_status);

static const struct field number_lsm_id =
	{"", 0, 8, field_enum, names_lsm_ids};
static const struct field number_key_serial =
	{"", 0, 4, field_enum, names_key_serials};

static void print_numbers(struct decoder *decoder, remote_addr address,
			  uint64_t length, const struct field *number)
{
	uint64_t value;

	text_add(decoder->text, "[");
	for (uint64_t i = 0; i < length / number->size; i++) {
		if (i)
			text_add(decoder->text, ", ");
		if (i == ELEMENTS_SHOWN ||
		    !decode_read(decoder, address + i * number->size,
				 number->size, &value)) {
			text_add(decoder->text, "...");
			break;
		}
		number->print(decoder, value, number);
	}
	text_add(decoder->text, "]");
}

static void print_sigset(struct decoder *decoder, remote_addr address,
			 uint64_t length)
{
	uint64_t set;

	if (decode_read(decoder, address, length < 8 ? length : 8, &set))
		decode_sigset(decoder->text, set);
	else
		decode_address(decoder, address);
}

/* The word's address tells more than what is in it. */
static void print_futex_word(struct decoder *decoder, remote_addr address,
			     uint64_t length)
{
	(void)length;
	decode_address(decoder, address);
}

/* ---- descriptors that are waited for ---- */

static void print_fd_set(struct decoder *decoder, remote_addr address,
			 uint64_t length)
{
	const char *between = "";
	uint64_t byte;

	text_add(decoder->text, "[");
	for (uint64_t i = 0; i < length; i++) {
		if (!decode_read(decoder, address + i, 1, &byte))
			break;
		for (unsigned bit = 0; bit < 8; bit++) {
			if (!(byte >> bit & 1))
				continue;
			text_add(decoder->text, between);
			decode_fd(decoder, (int64_t)(i * 8 + bit),
				  decoder->text);
			between = " ";
		}
	}
	text_add(decoder->text, "]");
}

static const struct field fields_pollfd[] = {
	{"fd", 0, 4, field_fd},
	{"events", 4, 2, field_flags, names_poll_events},
	END_OF_FIELDS
};

static const struct field fields_pollfd_ready[] = {
	{"fd", 0, 4, field_fd},
	{"revents", 6, 2, field_flags, names_poll_events},
	END_OF_FIELDS
};

static void field_epoll_data(struct decoder *decoder, uint64_t value,
			     const struct field *field)
{
	(void)field;
	text_format(decoder->text, "{u32=%" PRIu32 ", u64=%#" PRIx64 "}",
		    (uint32_t)value, value);
}

/* Packed on x86-64. */
static const struct field fields_epoll_event[] = {
	{"events", 0, 4, field_flags, names_epoll_events},
	{"data", 4, 8, field_epoll_data},
	END_OF_FIELDS
};

/* ---- the map ---- */

struct type_format {
	const struct field *fields; /* a structure, or an array of them */
	const struct field *number; /* a number, or an array of them */
	type_print print;	    /* anything else */
};

#define STRUCTURE(type) [TYPE_##type] = {.fields = fields_##type},
#define NUMBERS(type, kind) [TYPE_##type] = {.number = &number_##kind}
#define PRINT(type, function) [TYPE_##type] = {.print = function}

/* A type without an entry is printed as its bytes. */
static const struct type_format type_formats[TYPE_COUNT] = {
	STRUCTURES(STRUCTURE)
	[TYPE_pollfd] = {.fields = fields_pollfd},
	[TYPE_epoll_event] = {.fields = fields_epoll_event},
	[TYPE_dqblk_next] = {.fields = fields_dqblk},
	NUMBERS(i32, i32), NUMBERS(u32, u32), NUMBERS(i64, i64),
	NUMBERS(u64, u64), NUMBERS(u16, u16), NUMBERS(u8, u8),
	NUMBERS(hex32, hex32), NUMBERS(hex64, hex64),
	NUMBERS(pointer, pointer), NUMBERS(fd, fd), NUMBERS(pid, i32),
	NUMBERS(uid, id), NUMBERS(gid, id), NUMBERS(offset, i64),
	NUMBERS(wait_status, wait_status), NUMBERS(signal, signal),
	NUMBERS(sched_param, i32), NUMBERS(lsm_id, lsm_id),
	NUMBERS(key_serial, key_serial), NUMBERS(socklen, i32),
	NUMBERS(time, i64), NUMBERS(timer, i32),
	PRINT(bytes, print_bytes),
	PRINT(path, print_path),
	PRINT(string, print_path),
	PRINT(names, decode_data),
	PRINT(strings, print_strings),
	PRINT(iovec, decode_iovecs),
	PRINT(msghdr, decode_msghdr),
	PRINT(mmsghdr, decode_mmsghdr),
	PRINT(futex_word, print_futex_word),
	PRINT(sigset, print_sigset),
	PRINT(siginfo, decode_siginfo_at),
	PRINT(dirent, decode_dirent),
	PRINT(dirent64, decode_dirent64),
	PRINT(fd_set, print_fd_set),
	PRINT(sockaddr, decode_sockaddr),
	PRINT(sockopt, decode_sockopt),
	PRINT(cmsg, decode_cmsgs),
	PRINT(linger, decode_sockopt),
	PRINT(ucred, decode_sockopt),
	PRINT(file_handle, decode_file_handle),
	PRINT(cpu_set, decode_bits),
	PRINT(node_mask, decode_bits),
	PRINT(cap_data, decode_cap_data),
	PRINT(sock_fprog, decode_sock_fprog),
	PRINT(sock_filter, decode_sock_filters),
	PRINT(msgbuf, decode_msgbuf),
	PRINT(bpf_attr, decode_bpf_attr),
	PRINT(ifreq, decode_ifreq),
	PRINT(ifconf, decode_ifconf),
	PRINT(file_dedupe_range, decode_file_dedupe_range),
	PRINT(fiemap, decode_fiemap),
	PRINT(rand_pool, decode_rand_pool),
};

static void print_structures(struct decoder *decoder, enum value_type type,
			     remote_addr address, uint64_t length,
			     const struct field *fields)
{
	uint32_t size = syscall_type_size(type);

	text_add(decoder->text, "[");
	for (uint64_t i = 0; i < length / size; i++) {
		if (i)
			text_add(decoder->text, ", ");
		if (i == ELEMENTS_SHOWN) {
			text_add(decoder->text, "...");
			break;
		}
		decode_struct(decoder, address + i * size, size, fields);
	}
	text_add(decoder->text, "]");
}

void decode_memory(struct decoder *decoder, enum value_type type,
		   remote_addr address, uint64_t length)
{
	const struct type_format *format = &type_formats[type];

	if (format->print)
		format->print(decoder, address, length);
	else if (format->number)
		print_numbers(decoder, address, length, format->number);
	else if (!format->fields)
		decode_data(decoder, address, length);
	else if (decoder->is_array)
		print_structures(decoder, type, address, length,
				 format->fields);
	else
		decode_struct(decoder, address, length, format->fields);
}

/* ---- what poll and select found ---- */

static void print_ready_polls(struct decoder *decoder)
{
	remote_addr address = decoder->call.arguments[0];
	uint64_t count = (uint32_t)decoder->call.arguments[1];
	const char *between = "";

	text_add(decoder->text, " ([");
	for (uint64_t i = 0; i < count; i++) {
		uint64_t events;

		if (!decode_read(decoder, address + 8 * i + 6, 2, &events))
			break;
		if (!events)
			continue;
		text_add(decoder->text, between);
		decode_struct(decoder, address + 8 * i, 8,
			      fields_pollfd_ready);
		between = ", ";
	}
	text_add(decoder->text, "]");
}

static void print_time_left(struct decoder *decoder, unsigned argument,
			    const char *between)
{
	remote_addr address = decoder->call.arguments[argument];
	uint64_t seconds;

	if (!address || !decode_read(decoder, address, 8, &seconds))
		return;
	text_format(decoder->text, "%sleft ", between);
	decode_struct(decoder, address, 16,
		      decoder->call.number == SYS_select ? fields_timeval :
		      fields_timespec);
}

static void print_ready_sets(struct decoder *decoder)
{
	static const char *const names[] = {"in", "out", "except"};
	uint64_t bytes = (decoder->call.arguments[0] + 63) / 64 * 8;
	const char *between = " (";

	for (unsigned i = 0; i < 3; i++) {
		remote_addr address = decoder->call.arguments[1 + i];
		size_t start = decoder->text->length;

		if (!address)
			continue;
		text_format(decoder->text, "%s%s ", between, names[i]);
		print_fd_set(decoder, address, bytes);
		if (!strcmp(decoder->text->bytes + decoder->text->length - 2,
			    "[]"))
			text_cut(decoder->text, start);
		else
			between = ", ";
	}
	print_time_left(decoder, 4, between);
	if (decoder->text->bytes[decoder->text->length - 1] == ']' ||
	    decoder->text->bytes[decoder->text->length - 1] == '}')
		text_add(decoder->text, ")");
}

static int is_poll(const struct decoder *decoder)
{
	return decoder->call.number == SYS_poll ||
		decoder->call.number == SYS_ppoll;
}

static int is_select(const struct decoder *decoder)
{
	return decoder->call.number == SYS_select ||
		decoder->call.number == SYS_pselect6;
}

void decode_ready(struct decoder *decoder)
{
	if (!is_poll(decoder) && !is_select(decoder))
		return;
	if (decoder->call.result == 0) {
		text_add(decoder->text, " (Timeout)");
		return;
	}
	if (decoder->call.result < 0)
		return;
	decoder->memory = &decoder->after.memory;
	if (is_select(decoder)) {
		print_ready_sets(decoder);
		return;
	}
	print_ready_polls(decoder);
	if (decoder->call.number == SYS_ppoll)
		print_time_left(decoder, 2, ", ");
	text_add(decoder->text, ")");
}
