/* SPDX-License-Identifier: MIT */
/* Structures of signals. */
#include "src/decode_types.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "traces/report.h"

#define END_OF_FIELDS {.name = NULL}

static void field_handler(struct decoder *decoder, uint64_t value,
			  const struct field *field)
{
	(void)field;
	if (value == 0)
		text_add(decoder->text, "SIG_DFL");
	else if (value == 1)
		text_add(decoder->text, "SIG_IGN");
	else
		text_format(decoder->text, "%#" PRIx64, value);
}

/* The kernel's layout: the mask, of 8 bytes, comes last. */
const struct field fields_sigaction[] = {
	{"sa_handler", 0, 8, field_handler},
	{"sa_mask", 24, 8, field_sigset},
	{"sa_flags", 8, 8, field_flags, names_signal_flags},
	{"sa_restorer", 16, 8, field_pointer, .hide_zero = 1},
	END_OF_FIELDS
};

const struct field fields_sigaltstack[] = {
	{"ss_sp", 0, 8, field_pointer},
	{"ss_flags", 8, 4, field_flags, names_sigaltstack_flags},
	{"ss_size", 16, 8, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_sigevent[] = {
	{"sigev_value", 0, 8, field_hex},
	{"sigev_signo", 8, 4, field_signal},
	{"sigev_notify", 12, 4, field_enum, names_sigev_types},
	{"sigev_notify_thread_id", 16, 4, field_decimal, .hide_zero = 1},
	END_OF_FIELDS
};

static void field_sigset_at(struct decoder *decoder, uint64_t value,
			    const struct field *field)
{
	uint64_t set;

	(void)field;
	if (value && decode_read(decoder, value, 8, &set))
		decode_sigset(decoder->text, set);
	else
		decode_address(decoder, value);
}

const struct field fields_sigset_argument[] = {
	{"sigmask", 0, 8, field_sigset_at},
	{"sigsetsize", 8, 8, field_unsigned},
	END_OF_FIELDS
};

/* Offsets in the kernel's siginfo of 64-bit programs (siginfo.h). */
struct siginfo_fields {
	int32_t signo, error, code, pad;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			uint64_t value;
		} queue;
		struct {
			int32_t id, overrun;
			uint64_t value;
		} timer;
		struct {
			int32_t pid;
			uint32_t uid;
			int32_t status, pad;
			int64_t utime, stime;
		} child;
		struct {
			uint64_t address;
			uint16_t address_bits;
			uint8_t pad[6];
			uint64_t lower, upper;
		} fault;
		struct {
			int64_t band;
			int32_t fd;
		} poll;
		struct {
			uint64_t address;
			int32_t number;
			uint32_t arch;
		} call;
		uint8_t bytes[112];
	};
};

_Static_assert(sizeof(struct siginfo_fields) == 128, "as the kernel's");

static const struct decode_name *codes_of(int signal)
{
	switch (signal) {
	case SIGILL:
		return names_ill_codes;
	case SIGFPE:
		return names_fpe_codes;
	case SIGSEGV:
		return names_segv_codes;
	case SIGBUS:
		return names_bus_codes;
	case SIGTRAP:
		return names_trap_codes;
	case SIGCHLD:
		return names_chld_codes;
	case SIGPOLL:
		return names_poll_codes;
	case SIGSYS:
		return names_sys_codes;
	}
	return names_si_codes;
}

static void print_child(struct text *text, const struct siginfo_fields *info)
{
	text_format(text, ", si_pid=%d, si_uid=%u, si_status=",
		    info->child.pid, info->child.uid);
	if (info->code == CLD_EXITED)
		text_format(text, "%d", info->child.status);
	else
		decode_signal(text, info->child.status & 0x7f);
	text_format(text, ", si_utime=%" PRId64 ", si_stime=%" PRId64,
		    info->child.utime, info->child.stime);
}

/* What the kernel itself raises is told by the signal. */
static void print_raised(struct text *text, const struct siginfo_fields *info)
{
	switch (info->signo) {
	case SIGCHLD:
		print_child(text, info);
		return;
	case SIGILL:
	case SIGFPE:
	case SIGSEGV:
	case SIGBUS:
	case SIGTRAP:
		text_format(text, ", si_addr=");
		if (info->fault.address)
			text_format(text, "%#" PRIx64, info->fault.address);
		else
			text_add(text, "NULL");
		return;
	case SIGPOLL:
		text_format(text, ", si_band=%" PRId64 ", si_fd=%d",
			    info->poll.band, info->poll.fd);
		return;
	case SIGSYS:
		text_format(text, ", si_call_addr=%#" PRIx64
			    ", si_syscall=%s, si_arch=", info->call.address,
			    syscall_name(info->call.number));
		decode_enum(text, names_audit_arches, info->call.arch);
		return;
	}
}

static void print_sent(struct text *text, const struct siginfo_fields *info)
{
	if (info->code == SI_TIMER)
		text_format(text, ", si_timerid=%d, si_overrun=%d",
			    info->timer.id, info->timer.overrun);
	else
		text_format(text, ", si_pid=%d, si_uid=%u", info->queue.pid,
			    info->queue.uid);
	if ((info->code == SI_TIMER || info->code == SI_QUEUE ||
	     info->code == SI_MESGQ) && info->queue.value)
		text_format(text, ", si_value={sival_int=%d, sival_ptr=%#"
			    PRIx64 "}", (int)info->queue.value,
			    info->queue.value);
}

void decode_siginfo(struct text *text, const void *bytes, size_t length)
{
	struct siginfo_fields info = {0};
	const struct decode_name *codes = names_si_codes;

	memcpy(&info, bytes, length < sizeof(info) ? length : sizeof(info));
	if (length < 12) {
		text_quote(text, bytes, length);
		return;
	}
	text_add(text, "{si_signo=");
	decode_signal(text, info.signo);
	text_add(text, ", si_code=");
	if (info.code > 0 && info.code < SI_KERNEL)
		codes = codes_of(info.signo);
	decode_enum(text, codes, (uint64_t)(int64_t)info.code);
	if (info.error) {
		text_add(text, ", si_errno=");
		text_add(text, decode_errno(info.error) ?
			 decode_errno(info.error) : "?");
	}
	if (info.code == SI_SIGIO)
		text_format(text, ", si_band=%" PRId64 ", si_fd=%d",
			    info.poll.band, info.poll.fd);
	else if (info.code <= 0)
		print_sent(text, &info);
	else if (info.code != SI_KERNEL || info.signo == SIGSEGV)
		print_raised(text, &info);
	text_add(text, "}");
}

void decode_siginfo_at(struct decoder *decoder, remote_addr address,
		       uint64_t length)
{
	uint8_t bytes[sizeof(struct siginfo_fields)];
	size_t got;

	got = decoder->memory->read(decoder->memory, address, bytes,
				    length < sizeof(bytes) ? length :
				    sizeof(bytes));
	if (got)
		decode_siginfo(decoder->text, bytes, got);
	else
		decode_address(decoder, address);
}
