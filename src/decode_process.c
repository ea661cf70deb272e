/* SPDX-License-Identifier: MIT */
/* Structures of processes, scheduling, time and limits. */
#include "src/decode_types.h"

#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/user.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "traces/report.h"

#define END_OF_FIELDS {.name = NULL}

/* The two nanoseconds of utimensat that are no time (linux/stat.h). */
static void field_nanoseconds(struct decoder *decoder, uint64_t value,
			      const struct field *field)
{
	(void)field;
	if (value == 0x3fffffff)
		text_add(decoder->text, "UTIME_NOW");
	else if (value == 0x3ffffffe)
		text_add(decoder->text, "UTIME_OMIT");
	else
		text_format(decoder->text, "%" PRId64, (int64_t)value);
}

const struct field fields_timespec[] = {
	{"tv_sec", 0, 8, field_decimal},
	{"tv_nsec", 8, 8, field_nanoseconds},
	END_OF_FIELDS
};

const struct field fields_timeval[] = {
	{"tv_sec", 0, 8, field_decimal},
	{"tv_usec", 8, 8, field_decimal},
	END_OF_FIELDS
};

const struct field fields_timezone[] = {
	{"tz_minuteswest", 0, 4, field_decimal},
	{"tz_dsttime", 4, 4, field_decimal},
	END_OF_FIELDS
};

const struct field fields_utimbuf[] = {
	{"actime", 0, 8, field_decimal},
	{"modtime", 8, 8, field_decimal},
	END_OF_FIELDS
};

const struct field fields_itimerval[] = {
	{"it_interval", 0, 16, field_struct, fields_timeval},
	{"it_value", 16, 16, field_struct, fields_timeval},
	END_OF_FIELDS
};

const struct field fields_itimerspec[] = {
	{"it_interval", 0, 16, field_struct, fields_timespec},
	{"it_value", 16, 16, field_struct, fields_timespec},
	END_OF_FIELDS
};

const struct field fields_timex[] = {
	{MEMBER(struct timex, modes), field_flags, names_adjtimex_modes},
	{MEMBER(struct timex, offset), field_decimal},
	{MEMBER(struct timex, freq), field_decimal},
	{MEMBER(struct timex, maxerror), field_decimal},
	{MEMBER(struct timex, esterror), field_decimal},
	{MEMBER(struct timex, status), field_flags, names_adjtimex_status},
	{MEMBER(struct timex, constant), field_decimal},
	{MEMBER(struct timex, precision), field_decimal},
	{MEMBER(struct timex, tolerance), field_decimal},
	{MEMBER(struct timex, time), field_struct, fields_timeval},
	{MEMBER(struct timex, tick), field_decimal},
	{MEMBER(struct timex, ppsfreq), field_decimal, .hide_zero = 1},
	{MEMBER(struct timex, jitter), field_decimal, .hide_zero = 1},
	{MEMBER(struct timex, tai), field_decimal},
	END_OF_FIELDS
};

const struct field fields_tms[] = {
	{"tms_utime", 0, 8, field_decimal},
	{"tms_stime", 8, 8, field_decimal},
	{"tms_cutime", 16, 8, field_decimal},
	{"tms_cstime", 24, 8, field_decimal},
	END_OF_FIELDS
};

const struct field fields_rusage[] = {
	{"ru_utime", 0, 16, field_struct, fields_timeval},
	{"ru_stime", 16, 16, field_struct, fields_timeval},
	{"ru_maxrss", 32, 8, field_decimal},
	{"ru_ixrss", 40, 8, field_decimal, .hide_zero = 1},
	{"ru_idrss", 48, 8, field_decimal, .hide_zero = 1},
	{"ru_isrss", 56, 8, field_decimal, .hide_zero = 1},
	{"ru_minflt", 64, 8, field_decimal},
	{"ru_majflt", 72, 8, field_decimal},
	{"ru_nswap", 80, 8, field_decimal, .hide_zero = 1},
	{"ru_inblock", 88, 8, field_decimal},
	{"ru_oublock", 96, 8, field_decimal},
	{"ru_msgsnd", 104, 8, field_decimal, .hide_zero = 1},
	{"ru_msgrcv", 112, 8, field_decimal, .hide_zero = 1},
	{"ru_nsignals", 120, 8, field_decimal, .hide_zero = 1},
	{"ru_nvcsw", 128, 8, field_decimal},
	{"ru_nivcsw", 136, 8, field_decimal},
	END_OF_FIELDS
};

/* 8192*1024 is how people write limits of memory. */
static void field_limit(struct decoder *decoder, uint64_t value,
			const struct field *field)
{
	(void)field;
	if (value == UINT64_MAX)
		text_add(decoder->text, "RLIM64_INFINITY");
	else if (value > 1024 && value % 1024 == 0)
		text_format(decoder->text, "%" PRIu64 "*1024", value / 1024);
	else
		text_format(decoder->text, "%" PRIu64, value);
}

const struct field fields_rlimit[] = {
	{"rlim_cur", 0, 8, field_limit},
	{"rlim_max", 8, 8, field_limit},
	END_OF_FIELDS
};

const struct field fields_sysinfo[] = {
	{MEMBER(struct sysinfo, uptime), field_decimal},
	{MEMBER(struct sysinfo, loads), field_u64s},
	{MEMBER(struct sysinfo, totalram), field_unsigned},
	{MEMBER(struct sysinfo, freeram), field_unsigned},
	{MEMBER(struct sysinfo, sharedram), field_unsigned},
	{MEMBER(struct sysinfo, bufferram), field_unsigned},
	{MEMBER(struct sysinfo, totalswap), field_unsigned},
	{MEMBER(struct sysinfo, freeswap), field_unsigned},
	{MEMBER(struct sysinfo, procs), field_unsigned},
	{MEMBER(struct sysinfo, totalhigh), field_unsigned},
	{MEMBER(struct sysinfo, freehigh), field_unsigned},
	{MEMBER(struct sysinfo, mem_unit), field_unsigned},
	END_OF_FIELDS
};

const struct field fields_utsname[] = {
	{MEMBER(struct utsname, sysname), field_text},
	{MEMBER(struct utsname, nodename), field_text},
	{MEMBER(struct utsname, release), field_text},
	{MEMBER(struct utsname, version), field_text},
	{MEMBER(struct utsname, machine), field_text},
	{MEMBER(struct utsname, domainname), field_text},
	END_OF_FIELDS
};

/* As the C library has them, so that the reader need not divide by 256. */
void decode_wait_status(struct text *text, uint32_t value)
{
	int status = (int)value;

	if (WIFEXITED(status)) {
		text_format(text, "{WIFEXITED(s) && WEXITSTATUS(s) == %d}",
			    WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		text_add(text, "{WIFSIGNALED(s) && WTERMSIG(s) == ");
		decode_signal(text, WTERMSIG(status));
		text_add(text, WCOREDUMP(status) ? " && WCOREDUMP(s)}" : "}");
	} else if (WIFSTOPPED(status)) {
		text_add(text, "{WIFSTOPPED(s) && WSTOPSIG(s) == ");
		decode_signal(text, WSTOPSIG(status) & 0x7f);
		if (WSTOPSIG(status) & 0x80)
			text_add(text, " | 0x80");
		if (value >> 16)
			text_format(text, ", event %u", value >> 16);
		text_add(text, "}");
	} else if (WIFCONTINUED(status)) {
		text_add(text, "{WIFCONTINUED(s)}");
	} else {
		text_format(text, "%#x", value);
	}
}

static void field_policy(struct decoder *decoder, uint64_t value,
			 const struct field *field)
{
	(void)field;
	decode_table(decoder, VALUE_CHOICE, FLAGS_sched_policy, value);
}

const struct field fields_sched_attr[] = {
	{"size", 0, 4, field_unsigned},
	{"sched_policy", 4, 4, field_policy},
	{"sched_flags", 8, 8, field_flags, names_sched_flags},
	{"sched_nice", 16, 4, field_decimal},
	{"sched_priority", 20, 4, field_unsigned},
	{"sched_runtime", 24, 8, field_unsigned, .hide_zero = 1},
	{"sched_deadline", 32, 8, field_unsigned, .hide_zero = 1},
	{"sched_period", 40, 8, field_unsigned, .hide_zero = 1},
	{"sched_util_min", 48, 4, field_unsigned, .hide_zero = 1},
	{"sched_util_max", 52, 4, field_unsigned, .hide_zero = 1},
	END_OF_FIELDS
};

static void field_clone3(struct decoder *decoder, uint64_t value,
			 const struct field *field)
{
	(void)field;
	decode_table(decoder, VALUE_FLAGS, FLAGS_clone3, value);
}

/* Where the kernel puts the new task's number, and the number when known. */
static void field_tid_at(struct decoder *decoder, uint64_t value,
			 const struct field *field)
{
	struct memory *memory = decoder->memory;
	uint64_t tid;

	(void)field;
	decoder->memory = &decoder->written.memory;
	if (value && decode_read(decoder, value, 4, &tid))
		text_format(decoder->text, "[%" PRId32 "]", (int32_t)tid);
	else
		decode_address(decoder, value);
	decoder->memory = memory;
}

const struct field fields_clone_args[] = {
	{"flags", 0, 8, field_clone3},
	{"pidfd", 8, 8, field_tid_at, .hide_zero = 1},
	{"child_tid", 16, 8, field_pointer, .hide_zero = 1},
	{"parent_tid", 24, 8, field_tid_at, .hide_zero = 1},
	{"exit_signal", 32, 8, field_signal},
	{"stack", 40, 8, field_pointer},
	{"stack_size", 48, 8, field_hex},
	{"tls", 56, 8, field_hex, .hide_zero = 1},
	{"set_tid", 64, 8, field_pointer, .hide_zero = 1},
	{"set_tid_size", 72, 8, field_unsigned, .hide_zero = 1},
	{"cgroup", 80, 8, field_fd, .hide_zero = 1},
	END_OF_FIELDS
};

const struct field fields_cap_header[] = {
	{"version", 0, 4, field_enum, names_cap_versions},
	{"pid", 4, 4, field_decimal},
	END_OF_FIELDS
};

/* Two halves of each set stand in two elements; they are joined here. */
static void print_capabilities(struct decoder *decoder, const char *name,
			       uint64_t low, uint64_t high)
{
	uint64_t set = low | high << 32;
	const char *between = "";

	text_format(decoder->text, "%s=", name);
	if (!set)
		text_add(decoder->text, "0");
	for (unsigned i = 0; i < 64; i++) {
		const char *known = decode_name(names_capabilities, i);

		if (!(set >> i & 1))
			continue;
		if (known)
			text_format(decoder->text, "%s1<<%s", between, known);
		else
			text_format(decoder->text, "%s1<<%u", between, i);
		between = "|";
	}
}

void decode_cap_data(struct decoder *decoder, remote_addr address,
		     uint64_t length)
{
	static const char *const names[] = {
		"effective", "permitted", "inheritable"
	};

	text_add(decoder->text, "{");
	for (unsigned i = 0; i < 3; i++) {
		uint64_t low = 0, high = 0;

		if (!decode_read(decoder, address + 4 * i, 4, &low))
			break;
		if (length >= 24)
			decode_read(decoder, address + 12 + 4 * i, 4, &high);
		if (i)
			text_add(decoder->text, ", ");
		print_capabilities(decoder, names[i], low, high);
	}
	text_add(decoder->text, "}");
}

static void field_segment_bits(struct decoder *decoder, uint64_t value,
			       const struct field *field)
{
	(void)field;
	text_format(decoder->text,
		    "{seg_32bit=%u, contents=%u, read_exec_only=%u, "
		    "limit_in_pages=%u, seg_not_present=%u, useable=%u}",
		    (unsigned)value & 1, (unsigned)value >> 1 & 3,
		    (unsigned)value >> 3 & 1, (unsigned)value >> 4 & 1,
		    (unsigned)value >> 5 & 1, (unsigned)value >> 6 & 1);
}

const struct field fields_user_desc[] = {
	{"entry_number", 0, 4, field_decimal},
	{"base_addr", 4, 4, field_hex},
	{"limit", 8, 4, field_hex},
	{"bits", 12, 4, field_segment_bits},
	END_OF_FIELDS
};

const struct field fields_robust_list_head[] = {
	{"list", 0, 8, field_pointer},
	{"futex_offset", 8, 8, field_decimal},
	{"list_op_pending", 16, 8, field_pointer},
	END_OF_FIELDS
};

static void field_futex2(struct decoder *decoder, uint64_t value,
			 const struct field *field)
{
	(void)field;
	decode_table(decoder, VALUE_FLAGS, FLAGS_futex2, value);
}

const struct field fields_futex_waitv[] = {
	{"val", 0, 8, field_hex},
	{"uaddr", 8, 8, field_pointer},
	{"flags", 16, 4, field_futex2},
	END_OF_FIELDS
};

const struct field fields_rseq[] = {
	{"cpu_id_start", 0, 4, field_decimal},
	{"cpu_id", 4, 4, field_decimal},
	{"rseq_cs", 8, 8, field_pointer},
	{"flags", 16, 4, field_hex},
	END_OF_FIELDS
};

const struct field fields_prctl_mm_map[] = {
	{"start_code", 0, 8, field_hex},
	{"end_code", 8, 8, field_hex},
	{"start_data", 16, 8, field_hex},
	{"end_data", 24, 8, field_hex},
	{"start_brk", 32, 8, field_hex},
	{"brk", 40, 8, field_hex},
	{"start_stack", 48, 8, field_hex},
	{"arg_start", 56, 8, field_hex},
	{"arg_end", 64, 8, field_hex},
	{"env_start", 72, 8, field_hex},
	{"env_end", 80, 8, field_hex},
	{"auxv", 88, 8, field_pointer},
	{"auxv_size", 96, 4, field_unsigned},
	{"exe_fd", 100, 4, field_fd},
	END_OF_FIELDS
};

const struct field fields_pidfd_info[] = {
	{"mask", 0, 8, field_hex},
	{"cgroupid", 8, 8, field_unsigned},
	{"pid", 16, 4, field_decimal},
	{"tgid", 20, 4, field_decimal},
	{"ppid", 24, 4, field_decimal},
	{"ruid", 28, 4, field_id},
	{"rgid", 32, 4, field_id},
	{"euid", 36, 4, field_id},
	{"egid", 40, 4, field_id},
	{"suid", 44, 4, field_id},
	{"sgid", 48, 4, field_id},
	{"fsuid", 52, 4, field_id},
	{"fsgid", 56, 4, field_id},
	{"exit_code", 60, 4, field_decimal},
	END_OF_FIELDS
};

#define REGISTER(name) {MEMBER(struct user_regs_struct, name), field_hex}

const struct field fields_user_regs[] = {
	REGISTER(r15), REGISTER(r14), REGISTER(r13), REGISTER(r12),
	REGISTER(rbp), REGISTER(rbx), REGISTER(r11), REGISTER(r10),
	REGISTER(r9), REGISTER(r8), REGISTER(rax), REGISTER(rcx),
	REGISTER(rdx), REGISTER(rsi), REGISTER(rdi), REGISTER(orig_rax),
	REGISTER(rip), REGISTER(cs), REGISTER(eflags), REGISTER(rsp),
	REGISTER(ss), REGISTER(fs_base), REGISTER(gs_base), REGISTER(ds),
	REGISTER(es), REGISTER(fs), REGISTER(gs),
	END_OF_FIELDS
};

const struct field fields_ptrace_peeksiginfo[] = {
	{"off", 0, 8, field_unsigned},
	{"flags", 8, 4, field_hex},
	{"nr", 12, 4, field_decimal},
	END_OF_FIELDS
};

const struct field fields_ptrace_syscall_info[] = {
	{"op", 0, 1, field_unsigned},
	{"arch", 4, 4, field_enum, names_audit_arches},
	{"instruction_pointer", 8, 8, field_hex},
	{"stack_pointer", 16, 8, field_hex},
	{"data", 24, 64, field_u64s},
	END_OF_FIELDS
};

const struct field fields_ptrace_rseq[] = {
	{"rseq_abi_pointer", 0, 8, field_pointer},
	{"rseq_abi_size", 8, 4, field_unsigned},
	{"signature", 12, 4, field_hex},
	{"flags", 16, 4, field_hex},
	END_OF_FIELDS
};

const struct field fields_ptrace_dispatch[] = {
	{"mode", 0, 8, field_enum, names_prctl_dispatch},
	{"selector", 8, 8, field_pointer},
	{"offset", 16, 8, field_hex},
	{"len", 24, 8, field_hex},
	END_OF_FIELDS
};

const struct field fields_kexec_segment[] = {
	{"buf", 0, 8, field_pointer},
	{"bufsz", 8, 8, field_unsigned},
	{"mem", 16, 8, field_pointer},
	{"memsz", 24, 8, field_unsigned},
	END_OF_FIELDS
};

/* A bit mask as the numbers of its bits: [0 1]. */
void decode_bits(struct decoder *decoder, remote_addr address,
		 uint64_t length)
{
	const char *between = "";

	text_add(decoder->text, "[");
	for (uint64_t i = 0; i < length; i++) {
		uint64_t byte;

		if (!decode_read(decoder, address + i, 1, &byte))
			break;
		for (unsigned bit = 0; bit < 8; bit++) {
			if (!(byte >> bit & 1))
				continue;
			text_format(decoder->text, "%s%" PRIu64, between,
				    i * 8 + bit);
			between = " ";
		}
	}
	text_add(decoder->text, "]");
}
