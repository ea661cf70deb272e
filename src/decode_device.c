/* SPDX-License-Identifier: MIT */
/* Structures of ioctls: terminals, block devices, clocks, network devices. */
#include "src/decode_types.h"

#include <arpa/inet.h>
#include <asm/termbits.h>
#include <inttypes.h>
#include <linux/hdreg.h>
#include <linux/loop.h>
#include <linux/rtc.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "traces/report.h"

#define END_OF_FIELDS {.name = NULL}

static void field_oflag(struct decoder *decoder, uint64_t value,
			const struct field *field)
{
	(void)field;
	decode_flags(decoder->text, names_termios_oflags, value);
}

static void field_cflag(struct decoder *decoder, uint64_t value,
			const struct field *field)
{
	struct text *text = decoder->text;

	(void)field;
	decode_enum(text, names_termios_speeds, value & CBAUD);
	text_add(text, "|");
	decode_enum(text, names_termios_csizes, value & CSIZE);
	decode_more_flags(text, names_termios_cflags,
			  value & ~(uint64_t)(CBAUD | CSIZE | CIBAUD));
}

/* Only the characters that are set to something. */
static void print_control(struct decoder *decoder, remote_addr address,
			  unsigned count)
{
	const char *between = "";

	text_add(decoder->text, "{");
	for (unsigned i = 0; i < count; i++) {
		const char *name = decode_name(names_termios_cc, i);
		uint64_t value;

		if (!decode_read(decoder, address + i, 1, &value) || !value)
			continue;
		if (name)
			text_format(decoder->text, "%s[%s]=%#" PRIx64, between,
				    name, value);
		else
			text_format(decoder->text, "%s[%u]=%#" PRIx64, between,
				    i, value);
		between = ", ";
	}
	text_add(decoder->text, "}");
}

static void field_control(struct decoder *decoder, uint64_t value,
			  const struct field *field)
{
	print_control(decoder, value, field->size);
}

#define TERMIOS_FIELDS                                              \
	{"c_iflag", 0, 4, field_flags, names_termios_iflags},       \
	{"c_oflag", 4, 4, field_oflag},                             \
	{"c_cflag", 8, 4, field_cflag},                             \
	{"c_lflag", 12, 4, field_flags, names_termios_lflags},      \
	{"c_line", 16, 1, field_enum, names_line_disciplines},      \
	{"c_cc", 17, 19, field_control}

const struct field fields_termios[] = {
	TERMIOS_FIELDS,
	END_OF_FIELDS
};

const struct field fields_termios2[] = {
	TERMIOS_FIELDS,
	{"c_ispeed", 36, 4, field_unsigned},
	{"c_ospeed", 40, 4, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_termio[] = {
	{"c_iflag", 0, 2, field_flags, names_termios_iflags},
	{"c_oflag", 2, 2, field_oflag},
	{"c_cflag", 4, 2, field_cflag},
	{"c_lflag", 6, 2, field_flags, names_termios_lflags},
	{"c_line", 8, 1, field_enum, names_line_disciplines},
	END_OF_FIELDS
};

const struct field fields_winsize[] = {
	{"ws_row", 0, 2, field_unsigned},
	{"ws_col", 2, 2, field_unsigned},
	{"ws_xpixel", 4, 2, field_unsigned},
	{"ws_ypixel", 6, 2, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_serial_struct[] = {
	{"type", 0, 4, field_decimal},
	{"line", 4, 4, field_decimal},
	{"port", 8, 4, field_hex},
	{"irq", 12, 4, field_decimal},
	{"flags", 16, 4, field_hex},
	{"xmit_fifo_size", 20, 4, field_decimal},
	{"custom_divisor", 24, 4, field_decimal},
	{"baud_base", 28, 4, field_decimal},
	END_OF_FIELDS
};

const struct field fields_serial_icounter[] = {
	{"cts", 0, 4, field_decimal},	    {"dsr", 4, 4, field_decimal},
	{"rng", 8, 4, field_decimal},	    {"dcd", 12, 4, field_decimal},
	{"rx", 16, 4, field_decimal},	    {"tx", 20, 4, field_decimal},
	{"frame", 24, 4, field_decimal},    {"overrun", 28, 4, field_decimal},
	{"parity", 32, 4, field_decimal},   {"brk", 36, 4, field_decimal},
	{"buf_overrun", 40, 4, field_decimal},
	END_OF_FIELDS
};

const struct field fields_serial_rs485[] = {
	{"flags", 0, 4, field_hex},
	{"delay_rts_before_send", 4, 4, field_unsigned},
	{"delay_rts_after_send", 8, 4, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_loop_info[] = {
	{MEMBER(struct loop_info, lo_number), field_decimal},
	{"lo_device", 4, 2, field_device},
	{MEMBER(struct loop_info, lo_inode), field_unsigned},
	{MEMBER(struct loop_info, lo_offset), field_decimal},
	{MEMBER(struct loop_info, lo_flags), field_flags, names_loop_flags},
	{MEMBER(struct loop_info, lo_name), field_text},
	END_OF_FIELDS
};

const struct field fields_loop_info64[] = {
	{MEMBER(struct loop_info64, lo_device), field_device},
	{MEMBER(struct loop_info64, lo_inode), field_unsigned},
	{MEMBER(struct loop_info64, lo_rdevice), field_device},
	{MEMBER(struct loop_info64, lo_offset), field_unsigned},
	{MEMBER(struct loop_info64, lo_sizelimit), field_unsigned},
	{MEMBER(struct loop_info64, lo_number), field_unsigned},
	{MEMBER(struct loop_info64, lo_flags), field_flags, names_loop_flags},
	{MEMBER(struct loop_info64, lo_file_name), field_text},
	END_OF_FIELDS
};

const struct field fields_loop_config[] = {
	{"fd", 0, 4, field_fd},
	{"block_size", 4, 4, field_unsigned},
	{"info", 8, 232, field_struct, fields_loop_info64},
	END_OF_FIELDS
};

const struct field fields_hd_geometry[] = {
	{MEMBER(struct hd_geometry, heads), field_unsigned},
	{MEMBER(struct hd_geometry, sectors), field_unsigned},
	{MEMBER(struct hd_geometry, cylinders), field_unsigned},
	{MEMBER(struct hd_geometry, start), field_unsigned},
	END_OF_FIELDS
};

const struct field fields_blk_range[] = {
	{"", 0, 8, field_unsigned},
	{"", 8, 8, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_blkpg[] = {
	{"op", 0, 4, field_decimal},
	{"flags", 4, 4, field_hex},
	{"datalen", 8, 4, field_decimal},
	{"data", 16, 8, field_pointer},
	END_OF_FIELDS
};

const struct field fields_rtc_time[] = {
	{MEMBER(struct rtc_time, tm_sec), field_decimal},
	{MEMBER(struct rtc_time, tm_min), field_decimal},
	{MEMBER(struct rtc_time, tm_hour), field_decimal},
	{MEMBER(struct rtc_time, tm_mday), field_decimal},
	{MEMBER(struct rtc_time, tm_mon), field_decimal},
	{MEMBER(struct rtc_time, tm_year), field_decimal},
	END_OF_FIELDS
};

const struct field fields_rtc_wkalrm[] = {
	{MEMBER(struct rtc_wkalrm, enabled), field_unsigned},
	{MEMBER(struct rtc_wkalrm, pending), field_unsigned},
	{MEMBER(struct rtc_wkalrm, time), field_struct, fields_rtc_time},
	END_OF_FIELDS
};

const struct field fields_rtc_pll[] = {
	{MEMBER(struct rtc_pll_info, pll_ctrl), field_decimal},
	{MEMBER(struct rtc_pll_info, pll_value), field_decimal},
	{MEMBER(struct rtc_pll_info, pll_max), field_decimal},
	{MEMBER(struct rtc_pll_info, pll_min), field_decimal},
	{MEMBER(struct rtc_pll_info, pll_posmult), field_decimal},
	{MEMBER(struct rtc_pll_info, pll_negmult), field_decimal},
	{MEMBER(struct rtc_pll_info, pll_clock), field_decimal},
	END_OF_FIELDS
};

const struct field fields_rtc_param[] = {
	{"param", 0, 8, field_unsigned},
	{"value", 8, 8, field_unsigned},
	{"index", 16, 4, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_mnt_ns_info[] = {
	{"size", 0, 4, field_unsigned},
	{"nr_mounts", 4, 4, field_unsigned},
	{"mnt_ns_id", 8, 8, field_hex},
	END_OF_FIELDS
};

const struct field fields_pm_scan[] = {
	{"size", 0, 8, field_unsigned},
	{"flags", 8, 8, field_hex},
	{"start", 16, 8, field_hex},
	{"end", 24, 8, field_hex},
	{"walk_end", 32, 8, field_hex},
	{"vec", 40, 8, field_pointer},
	{"vec_len", 48, 8, field_unsigned},
	{"max_pages", 56, 8, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_input_id[] = {
	{"bustype", 0, 2, field_hex},
	{"vendor", 2, 2, field_hex},
	{"product", 4, 2, field_hex},
	{"version", 6, 2, field_hex},
	END_OF_FIELDS
};

const struct field fields_input_absinfo[] = {
	{"value", 0, 4, field_decimal},
	{"minimum", 4, 4, field_decimal},
	{"maximum", 8, 4, field_decimal},
	{"fuzz", 12, 4, field_decimal},
	{"flat", 16, 4, field_decimal},
	{"resolution", 20, 4, field_decimal},
	END_OF_FIELDS
};

const struct field fields_sg_io_hdr[] = {
	{"interface_id", 0, 4, field_hex},
	{"dxfer_direction", 4, 4, field_decimal},
	{"cmd_len", 8, 1, field_unsigned},
	{"mx_sb_len", 9, 1, field_unsigned},
	{"iovec_count", 10, 2, field_unsigned},
	{"dxfer_len", 12, 4, field_unsigned},
	{"dxferp", 16, 8, field_pointer},
	{"cmdp", 24, 8, field_pointer},
	{"sbp", 32, 8, field_pointer},
	{"timeout", 40, 4, field_unsigned},
	{"flags", 44, 4, field_hex},
	{"status", 64, 1, field_hex},
	{"resid", 76, 4, field_decimal},
	{"duration", 80, 4, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_vt_stat[] = {
	{"v_active", 0, 2, field_unsigned},
	{"v_signal", 2, 2, field_unsigned},
	{"v_state", 4, 2, field_hex},
	END_OF_FIELDS
};

const struct field fields_vt_mode[] = {
	{"mode", 0, 1, field_unsigned},
	{"waitv", 1, 1, field_unsigned},
	{"relsig", 2, 2, field_signal},
	{"acqsig", 4, 2, field_signal},
	{"frsig", 6, 2, field_signal},
	END_OF_FIELDS
};

const struct field fields_net_offset[] = {
	{"", 0, 8, field_decimal},
	END_OF_FIELDS
};

void decode_rand_pool(struct decoder *decoder, remote_addr address,
		      uint64_t length)
{
	uint64_t count, size;

	(void)length;
	if (!decode_read(decoder, address, 4, &count) ||
	    !decode_read(decoder, address + 4, 4, &size)) {
		decode_address(decoder, address);
		return;
	}
	text_format(decoder->text, "{entropy_count=%" PRId32 ", buf_size=%"
		    PRId32 ", buf=", (int32_t)count, (int32_t)size);
	decode_data(decoder, address + 8, size);
	text_add(decoder->text, "}");
}

static void field_hardware(struct decoder *decoder, uint64_t value,
			   const struct field *field)
{
	uint64_t family = 0, byte = 0;

	(void)field;
	decode_read(decoder, value, 2, &family);
	text_add(decoder->text, "{sa_family=");
	decode_enum(decoder->text, names_interface_types, family);
	text_add(decoder->text, ", sa_data=");
	for (unsigned i = 0; i < 6; i++) {
		decode_read(decoder, value + 2 + i, 1, &byte);
		text_format(decoder->text, "%s%02x", i ? ":" : "",
			    (unsigned)byte);
	}
	text_add(decoder->text, "}");
}

static void field_address(struct decoder *decoder, uint64_t value,
			  const struct field *field)
{
	decode_sockaddr(decoder, value, field->size);
}

#define IFREQ(member, print, ...) {                             \
	{"ifr_name", 0, 16, field_text},                        \
	{member, 16, print, __VA_ARGS__},                       \
	END_OF_FIELDS                                           \
}

static const struct field ifreq_index[] =
	IFREQ("ifr_ifindex", 4, field_decimal);
static const struct field ifreq_flags[] =
	IFREQ("ifr_flags", 2, field_flags, names_interface_flags);
static const struct field ifreq_mtu[] = IFREQ("ifr_mtu", 4, field_decimal);
static const struct field ifreq_metric[] =
	IFREQ("ifr_metric", 4, field_decimal);
static const struct field ifreq_queue[] = IFREQ("ifr_qlen", 4, field_decimal);
static const struct field ifreq_address[] =
	IFREQ("ifr_addr", 16, field_address);
static const struct field ifreq_hardware[] =
	IFREQ("ifr_hwaddr", 16, field_hardware);
static const struct field ifreq_new_name[] =
	IFREQ("ifr_newname", 16, field_text);
static const struct field ifreq_data[] = IFREQ("ifr_data", 8, field_pointer);

static const struct {
	uint32_t request;
	const struct field *fields;
} ifreq_members[] = {
	{SIOCGIFNAME, ifreq_index},	{SIOCGIFINDEX, ifreq_index},
	{SIOCGIFFLAGS, ifreq_flags},	{SIOCSIFFLAGS, ifreq_flags},
	{SIOCGIFMTU, ifreq_mtu},	{SIOCSIFMTU, ifreq_mtu},
	{SIOCGIFMETRIC, ifreq_metric},	{SIOCSIFMETRIC, ifreq_metric},
	{SIOCGIFTXQLEN, ifreq_queue},	{SIOCSIFTXQLEN, ifreq_queue},
	{SIOCGIFADDR, ifreq_address},	{SIOCSIFADDR, ifreq_address},
	{SIOCGIFDSTADDR, ifreq_address}, {SIOCSIFDSTADDR, ifreq_address},
	{SIOCGIFBRDADDR, ifreq_address}, {SIOCSIFBRDADDR, ifreq_address},
	{SIOCGIFNETMASK, ifreq_address}, {SIOCSIFNETMASK, ifreq_address},
	{SIOCGIFHWADDR, ifreq_hardware}, {SIOCSIFHWADDR, ifreq_hardware},
	{SIOCSIFNAME, ifreq_new_name},
	{0x400454ca /* TUNSETIFF */, ifreq_flags},
	{0x800454d2 /* TUNGETIFF */, ifreq_flags},
};

void decode_ifreq(struct decoder *decoder, remote_addr address,
		  uint64_t length)
{
	const struct field *fields = ifreq_data;
	uint32_t request = (uint32_t)decoder->call.arguments[1];
	size_t count = sizeof(ifreq_members) / sizeof(*ifreq_members);

	for (size_t i = 0; i < count; i++) {
		if (ifreq_members[i].request == request)
			fields = ifreq_members[i].fields;
	}
	decode_struct(decoder, address, length, fields);
}

void decode_ifconf(struct decoder *decoder, remote_addr address,
		   uint64_t length)
{
	uint64_t bytes, list, byte;

	(void)length;
	if (!decode_read(decoder, address, 4, &bytes) ||
	    !decode_read(decoder, address + 8, 8, &list)) {
		decode_address(decoder, address);
		return;
	}
	text_format(decoder->text, "{ifc_len=%" PRIu64, bytes);
	if (!list || !decode_read(decoder, list, 1, &byte)) {
		text_add(decoder->text, ", ifc_buf=");
		decode_address(decoder, list);
		text_add(decoder->text, "}");
		return;
	}
	text_add(decoder->text, ", ifc_req=[");
	for (uint64_t i = 0; i < bytes / sizeof(struct ifreq) &&
	     i < ELEMENTS_SHOWN; i++) {
		if (i)
			text_add(decoder->text, ", ");
		decode_struct(decoder, list + i * sizeof(struct ifreq),
			      sizeof(struct ifreq), ifreq_address);
	}
	text_add(decoder->text, "]}");
}

const struct field fields_arpreq[] = {
	{"arp_pa", 0, 16, field_address},
	{"arp_ha", 16, 16, field_hardware},
	{"arp_flags", 32, 4, field_hex},
	{"arp_netmask", 36, 16, field_address},
	{"arp_dev", 52, 16, field_text},
	END_OF_FIELDS
};

const struct field fields_rtentry[] = {
	{"rt_dst", 8, 16, field_address},
	{"rt_gateway", 24, 16, field_address},
	{"rt_genmask", 40, 16, field_address},
	{"rt_flags", 56, 2, field_hex},
	{"rt_metric", 72, 2, field_decimal},
	{"rt_dev", 80, 8, field_pointer},
	END_OF_FIELDS
};

const struct field fields_iwreq[] = {
	{"ifr_name", 0, 16, field_text},
	{"u", 16, 16, field_bytes},
	END_OF_FIELDS
};
