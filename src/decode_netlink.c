/* SPDX-License-Identifier: MIT */
/* Messages of netlink sockets, above all those of rtnetlink. */
#include "src/decode_types.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "traces/report.h"

#define END_OF_FIELDS {.name = NULL}

static const struct field fields_ifinfomsg[] = {
	{"ifi_family", 0, 1, field_enum, names_socket_families},
	{"ifi_type", 2, 2, field_enum, names_interface_types},
	{"ifi_index", 4, 4, field_decimal},
	{"ifi_flags", 8, 4, field_flags, names_interface_flags},
	{"ifi_change", 12, 4, field_hex},
	END_OF_FIELDS
};

static const struct field fields_ifaddrmsg[] = {
	{"ifa_family", 0, 1, field_enum, names_socket_families},
	{"ifa_prefixlen", 1, 1, field_unsigned},
	{"ifa_flags", 2, 1, field_flags, names_address_flags},
	{"ifa_scope", 3, 1, field_enum, names_rt_scopes},
	{"ifa_index", 4, 4, field_decimal},
	END_OF_FIELDS
};

static const struct field fields_rtmsg[] = {
	{"rtm_family", 0, 1, field_enum, names_socket_families},
	{"rtm_dst_len", 1, 1, field_unsigned},
	{"rtm_src_len", 2, 1, field_unsigned},
	{"rtm_tos", 3, 1, field_unsigned},
	{"rtm_table", 4, 1, field_enum, names_rt_tables},
	{"rtm_protocol", 5, 1, field_enum, names_rt_protocols},
	{"rtm_scope", 6, 1, field_enum, names_rt_scopes},
	{"rtm_type", 7, 1, field_enum, names_rt_types},
	{"rtm_flags", 8, 4, field_hex},
	END_OF_FIELDS
};

static const struct field fields_rtgenmsg[] = {
	{"rtgen_family", 0, 1, field_enum, names_socket_families},
	END_OF_FIELDS
};

/* What follows the header, by the message's type. */
static const struct payload {
	uint16_t first, last;
	uint16_t size;
	const struct field *fields;
	const struct decode_name *attributes;
} payloads[] = {
	{RTM_NEWLINK, RTM_SETLINK, 16, fields_ifinfomsg, names_link_attrs},
	{RTM_NEWADDR, RTM_GETADDR, 8, fields_ifaddrmsg, names_address_attrs},
	{RTM_NEWROUTE, RTM_GETROUTE, 12, fields_rtmsg, names_route_attrs},
};

static const struct payload *find_payload(uint64_t type)
{
	for (size_t i = 0; i < sizeof(payloads) / sizeof(*payloads); i++) {
		if (type >= payloads[i].first && type <= payloads[i].last)
			return &payloads[i];
	}
	return NULL;
}

static uint64_t aligned(uint64_t length)
{
	return (length + 3) & ~UINT64_C(3);
}

static int is_name(const struct decode_name *names, uint64_t type)
{
	return (names == names_link_attrs && (type == IFLA_IFNAME ||
					      type == IFLA_QDISC)) ||
		(names == names_address_attrs && type == IFA_LABEL);
}

static int is_internet(const struct decode_name *names, uint64_t type)
{
	return (names == names_address_attrs &&
		(type == IFA_ADDRESS || type == IFA_LOCAL ||
		 type == IFA_BROADCAST)) ||
		(names == names_route_attrs &&
		 (type == RTA_DST || type == RTA_SRC || type == RTA_GATEWAY ||
		  type == RTA_PREFSRC));
}

static void print_attribute_data(struct decoder *decoder,
				 const struct decode_name *names,
				 uint64_t type, remote_addr address,
				 uint64_t length)
{
	char numbers[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	uint64_t value;

	if (is_name(names, type)) {
		decode_string(decoder, address, length);
	} else if (is_internet(names, type) &&
		   (length == 4 || length == 16) &&
		   memory_read(decoder->memory, address, bytes, length)) {
		inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, numbers,
			  sizeof(numbers));
		text_add(decoder->text, numbers);
	} else if (length == 4 && decode_read(decoder, address, 4, &value)) {
		text_format(decoder->text, "%" PRIu64, value);
	} else {
		decode_data(decoder, address, length);
	}
}

static void print_attributes(struct decoder *decoder,
			     const struct decode_name *names,
			     remote_addr address, uint64_t length)
{
	uint64_t size, type;
	uint64_t done = 0;

	text_add(decoder->text, ", [");
	while (done + 4 <= length &&
	       decode_read(decoder, address + done, 2, &size) &&
	       decode_read(decoder, address + done + 2, 2, &type) &&
	       size >= 4 && size <= length - done) {
		type &= NLA_TYPE_MASK;
		text_format(decoder->text, "%s{nla_len=%" PRIu64
			    ", nla_type=", done ? ", " : "", size);
		decode_enum(decoder->text, names, type);
		if (size > 4) {
			text_add(decoder->text, ", ");
			print_attribute_data(decoder, names, type,
					     address + done + 4, size - 4);
		}
		text_add(decoder->text, "}");
		done += aligned(size);
	}
	text_add(decoder->text, "]");
}

static void print_error(struct decoder *decoder, remote_addr address,
			uint64_t length)
{
	const struct field error_field = {.size = 4};
	uint64_t error;

	if (length < 4 || !decode_read(decoder, address, 4, &error))
		return;
	text_add(decoder->text, ", {error=");
	field_errno(decoder, error, &error_field);
	text_add(decoder->text, "}");
}

static void print_payload(struct decoder *decoder, uint64_t type,
			  remote_addr address, uint64_t length)
{
	const struct payload *payload = find_payload(type);

	if (type == NLMSG_ERROR || type == NLMSG_DONE) {
		print_error(decoder, address, length);
		return;
	}
	if (!length)
		return;
	text_add(decoder->text, ", ");
	if (payload && length >= payload->size) {
		decode_struct(decoder, address, payload->size,
			      payload->fields);
		if (length > payload->size)
			print_attributes(decoder, payload->attributes,
					 address + payload->size,
					 length - payload->size);
	} else if (payload) {
		decode_struct(decoder, address, 1, fields_rtgenmsg);
	} else {
		decode_data(decoder, address, length);
	}
}

static const struct decode_name *type_names(uint64_t type)
{
	if (type < NLMSG_MIN_TYPE)
		return names_netlink_types;
	if (type >= 1000)
		return names_audit_types;
	return decode_name(names_route_types, type) ? names_route_types :
		names_sock_diag_types;
}

/* Writes what kind of request it is beside the flags that all have. */
static void print_flags(struct decoder *decoder, uint64_t type, uint64_t flags)
{
	const char *name = decode_name(names_route_types, type);
	uint64_t more = flags & 0xff00;

	decode_flags(decoder->text, names_netlink_flags, flags & 0xff);
	if (!more)
		return;
	if (name && !strncmp(name, "RTM_NEW", 7))
		decode_more_flags(decoder->text, names_netlink_new_flags,
				  more);
	else if ((more & NLM_F_DUMP) == NLM_F_DUMP)
		text_add(decoder->text, "|NLM_F_DUMP");
	else
		decode_more_flags(decoder->text, names_netlink_get_flags,
				  more);
}

/* Writes one message; returns its length, 0 at the end. */
static uint64_t print_message(struct decoder *decoder, remote_addr address,
			      uint64_t room)
{
	uint64_t length, type, flags, sequence, pid;

	if (room < NLMSG_HDRLEN ||
	    !decode_read(decoder, address, 4, &length) ||
	    !decode_read(decoder, address + 4, 2, &type) ||
	    !decode_read(decoder, address + 6, 2, &flags) ||
	    !decode_read(decoder, address + 8, 4, &sequence) ||
	    !decode_read(decoder, address + 12, 4, &pid) ||
	    length < NLMSG_HDRLEN || length > room)
		return 0;
	text_format(decoder->text, "{{nlmsg_len=%" PRIu64 ", nlmsg_type=",
		    length);
	decode_enum(decoder->text, type_names(type), type);
	text_add(decoder->text, ", nlmsg_flags=");
	print_flags(decoder, type, flags);
	text_format(decoder->text, ", nlmsg_seq=%" PRIu64 ", nlmsg_pid=%"
		    PRIu64 "}", sequence, pid);
	print_payload(decoder, type, address + NLMSG_HDRLEN,
		      length - NLMSG_HDRLEN);
	text_add(decoder->text, "}");
	return aligned(length);
}

void decode_netlink(struct decoder *decoder, remote_addr address,
		    uint64_t length)
{
	size_t start = decoder->text->length;
	uint64_t done = 0, size;

	text_add(decoder->text, "[");
	while (done < length) {
		size_t before = decoder->text->length;

		if (done)
			text_add(decoder->text, ", ");
		size = print_message(decoder, address + done, length - done);
		if (!size) {
			text_cut(decoder->text, before);
			break;
		}
		done += size;
	}
	text_add(decoder->text, "]");
	if (done)
		return;
	text_cut(decoder->text, start);
	decode_data(decoder, address, length);
}
