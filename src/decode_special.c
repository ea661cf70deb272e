/* SPDX-License-Identifier: MIT */
/*
 * Arguments and results whose meaning depends on more than their row says:
 * protocols on families, keys and priorities on their high bits.
 */
#include "src/decode_types.h"

#include <inttypes.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "traces/report.h"

static void print_protocol(struct decoder *decoder, uint64_t value)
{
	uint32_t protocol = (uint32_t)value;

	switch (decoder->call.arguments[0]) {
	case AF_INET:
		decode_enum(decoder->text, names_ip_protocols, protocol);
		break;
	case AF_INET6:
		decode_enum(decoder->text, decode_name(names_ip6_protocols,
						       protocol) && protocol ?
			    names_ip6_protocols : names_ip_protocols,
			    protocol);
		break;
	case AF_NETLINK:
		decode_enum(decoder->text, names_netlink_protocols, protocol);
		break;
	case AF_PACKET:
		text_add(decoder->text, "htons(");
		decode_enum(decoder->text, names_ether_protocols,
			    __builtin_bswap16((uint16_t)protocol));
		text_add(decoder->text, ")");
		break;
	default:
		text_format(decoder->text, "%" PRId32, (int32_t)protocol);
	}
}

static void print_ipc_key(struct decoder *decoder, uint64_t value)
{
	if ((uint32_t)value)
		text_format(decoder->text, "%#" PRIx32, (uint32_t)value);
	else
		text_add(decoder->text, "IPC_PRIVATE");
}

static void print_keyring(struct decoder *decoder, uint64_t value)
{
	decode_enum(decoder->text, names_key_serials,
		    (uint64_t)(int64_t)(int32_t)value);
}

#define IOPRIO_SHIFT 13

static void print_ioprio(struct decoder *decoder, uint64_t value)
{
	text_add(decoder->text, "IOPRIO_PRIO_VALUE(");
	decode_enum(decoder->text, names_ioprio_classes,
		    value >> IOPRIO_SHIFT & 7);
	text_format(decoder->text, ", %u)",
		    (unsigned)value & ((1 << IOPRIO_SHIFT) - 1));
}

static void print_reboot_magic(struct decoder *decoder, uint64_t value)
{
	decode_enum(decoder->text, names_reboot_magic2, (uint32_t)value);
}

static void print_bitset(struct decoder *decoder, uint64_t value)
{
	if ((uint32_t)value == FUTEX_BITSET_MATCH_ANY)
		text_add(decoder->text, "FUTEX_BITSET_MATCH_ANY");
	else
		text_format(decoder->text, "%#" PRIx32, (uint32_t)value);
}

static void print_wake_operation(struct decoder *decoder, uint64_t value)
{
	uint32_t word = (uint32_t)value;

	if (word >> 31)
		text_add(decoder->text, "FUTEX_OP_OPARG_SHIFT<<28|");
	decode_enum(decoder->text, names_futex_wake_ops, word >> 28 & 7);
	text_format(decoder->text, "<<28|%#x<<12|", word >> 12 & 0xfff);
	decode_enum(decoder->text, names_futex_wake_cmps, word >> 24 & 15);
	text_format(decoder->text, "<<24|%#x", word & 0xfff);
}

/* The third number of a futex call: a mask, an operation or a value. */
static void print_futex_third(struct decoder *decoder, uint64_t value)
{
	switch (decoder->call.arguments[1] & FUTEX_CMD_MASK) {
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAKE_BITSET:
		print_bitset(decoder, value);
		break;
	case FUTEX_WAKE_OP:
		print_wake_operation(decoder, value);
		break;
	default:
		text_format(decoder->text, "%" PRIu32, (uint32_t)value);
	}
}

static void print_capability(struct decoder *decoder, uint64_t value)
{
	decode_enum(decoder->text, names_capabilities, value);
}

static void print_dumpable(struct decoder *decoder, uint64_t value)
{
	decode_enum(decoder->text, names_dumpable, value);
}

static void print_vma_attribute(struct decoder *decoder, uint64_t value)
{
	decode_enum(decoder->text, names_prctl_vma, value);
}

static void print_regset(struct decoder *decoder, uint64_t value)
{
	decode_enum(decoder->text, names_regset_types, value);
}

static void print_membarrier_flags(struct decoder *decoder, uint64_t value)
{
	decode_flags(decoder->text, names_membarrier_flags, (uint32_t)value);
}

static void print_mce_policy(struct decoder *decoder, uint64_t value)
{
	decode_enum(decoder->text, names_prctl_mce_set, value);
}

static void print_last_fd(struct decoder *decoder, uint64_t value)
{
	if ((uint32_t)value == UINT32_MAX)
		text_add(decoder->text, "~0U");
	else
		text_format(decoder->text, "%" PRIu32, (uint32_t)value);
}

static void print_hexadecimal(struct decoder *decoder, uint64_t value)
{
	text_format(decoder->text, value ? "%#" PRIx64 : "%" PRIu64, value);
}

static const struct special {
	int number;
	const char *argument;
	void (*print)(struct decoder *decoder, uint64_t value);
} specials[] = {
	{SYS_mmap, "offset", print_hexadecimal},
	{SYS_socket, "protocol", print_protocol},
	{SYS_socketpair, "protocol", print_protocol},
	{SYS_shmget, "key", print_ipc_key},
	{SYS_semget, "key", print_ipc_key},
	{SYS_msgget, "key", print_ipc_key},
	{SYS_add_key, "keyring", print_keyring},
	{SYS_request_key, "dest_keyring", print_keyring},
	{SYS_keyctl, "id", print_keyring},
	{SYS_keyctl, "keyring", print_keyring},
	{SYS_keyctl, "destination", print_keyring},
	{SYS_keyctl, "from", print_keyring},
	{SYS_keyctl, "to", print_keyring},
	{SYS_ioprio_set, "ioprio", print_ioprio},
	{SYS_reboot, "magic", print_reboot_magic},
	{SYS_reboot, "magic2", print_reboot_magic},
	{SYS_futex, "val3", print_futex_third},
	{454 /* futex_wake */, "mask", print_bitset},
	{455 /* futex_wait */, "mask", print_bitset},
	{SYS_prctl, "cap", print_capability},
	{SYS_prctl, "dumpable", print_dumpable},
	{SYS_prctl, "attribute", print_vma_attribute},
	{SYS_prctl, "policy", print_mce_policy},
	{SYS_ptrace, "type", print_regset},
	{SYS_membarrier, "flags", print_membarrier_flags},
	{436 /* close_range */, "last", print_last_fd},
};

int decode_special_argument(struct decoder *decoder, unsigned argument)
{
	const char *name = decoder_argument_name(decoder, argument);

	for (size_t i = 0; i < sizeof(specials) / sizeof(*specials); i++) {
		const struct special *special = &specials[i];

		if (special->number != decoder->call.number ||
		    strcmp(special->argument, name))
			continue;
		special->print(decoder, decoder->call.arguments[argument]);
		return 1;
	}
	return 0;
}

/* A number and what it means: 0x8002 (flags O_RDWR|O_LARGEFILE). */
static void print_table_result(struct decoder *decoder,
			       enum value_format format)
{
	uint64_t value = (uint64_t)decoder->call.result;

	enum flag_table table = row_return_table(decoder->call.row);
	const char *what = format == VALUE_CHOICE ? "" :
		table == FLAGS_seal ? "seals " : "flags ";

	text_format(decoder->text, "%#" PRIx64 " (%s", value, what);
	decode_table(decoder, format, table, value);
	text_add(decoder->text, ")");
}

int decode_special_result(struct decoder *decoder)
{
	const struct syscall_row *row = decoder->call.row;
	enum value_format format;

	if (decoder->call.number == SYS_ioprio_get) {
		print_ioprio(decoder, (uint64_t)decoder->call.result);
		return 1;
	}
	if (!row)
		return 0;
	format = row_return_format(row);
	if (format != VALUE_FLAGS && format != VALUE_CHOICE)
		return 0;
	if (!decoder->call.result && row_return_table(row) != FLAGS_open)
		text_add(decoder->text, "0");
	else
		print_table_result(decoder, format);
	return 1;
}
