/* SPDX-License-Identifier: MIT */
/* Addresses, messages, control messages and options of sockets. */
#include "src/decode_types.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/errqueue.h>
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "traces/report.h"

#define END_OF_FIELDS {.name = NULL}

#define LEVEL_TLS 282
#define LEVEL_UDP 17
#define LEVEL_TCP 6

/* ---- addresses ---- */

static void print_unix(struct text *text, const struct sockaddr_un *address,
		       size_t length)
{
	size_t path = length - offsetof(struct sockaddr_un, sun_path);

	if (length <= offsetof(struct sockaddr_un, sun_path))
		return;
	text_add(text, ", sun_path=");
	if (address->sun_path[0]) {
		text_quote(text, address->sun_path,
			   strnlen(address->sun_path, path));
		return;
	}
	text_add(text, "@"); /* the abstract name space */
	text_quote(text, address->sun_path + 1, path - 1);
}

static void print_inet(struct text *text, const struct sockaddr_in *address)
{
	char numbers[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &address->sin_addr, numbers, sizeof(numbers));
	text_format(text, ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")",
		    ntohs(address->sin_port), numbers);
}

static void print_inet6(struct text *text, const struct sockaddr_in6 *address)
{
	char numbers[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &address->sin6_addr, numbers, sizeof(numbers));
	text_format(text, ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), "
		    "inet_pton(AF_INET6, \"%s\", &sin6_addr), "
		    "sin6_scope_id=%u", ntohs(address->sin6_port),
		    ntohl(address->sin6_flowinfo), numbers,
		    address->sin6_scope_id);
}

static void print_netlink_address(struct text *text,
				  const struct sockaddr_nl *address)
{
	text_format(text, ", nl_pid=%u, nl_groups=%08x",
		    address->nl_pid, address->nl_groups);
}

static void print_packet(struct text *text, const struct sockaddr_ll *address)
{
	text_add(text, ", sll_protocol=htons(");
	decode_enum(text, names_ether_protocols,
		    ntohs(address->sll_protocol));
	text_format(text, "), sll_ifindex=%d, sll_hatype=",
		    address->sll_ifindex);
	decode_enum(text, names_interface_types, address->sll_hatype);
	text_add(text, ", sll_pkttype=");
	decode_enum(text, names_packet_types, address->sll_pkttype);
	text_format(text, ", sll_halen=%u, sll_addr=[", address->sll_halen);
	for (unsigned i = 0; i < address->sll_halen && i < 8; i++)
		text_format(text, "%s%#x", i ? ", " : "",
			    address->sll_addr[i]);
	text_add(text, "]");
}

static void print_vsock(struct text *text, const struct sockaddr_vm *address)
{
	text_format(text, ", svm_cid=%#x, svm_port=%u", address->svm_cid,
		    address->svm_port);
}

static void print_alg(struct text *text, const struct sockaddr_alg *address)
{
	text_add(text, ", salg_type=");
	text_quote(text, address->salg_type,
		   strnlen((const char *)address->salg_type,
			   sizeof(address->salg_type)));
	text_add(text, ", salg_name=");
	text_quote(text, address->salg_name,
		   strnlen((const char *)address->salg_name,
			   sizeof(address->salg_name)));
}

union any_address {
	struct sockaddr common;
	struct sockaddr_un local;
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;
	struct sockaddr_nl netlink;
	struct sockaddr_ll packet;
	struct sockaddr_vm vsock;
	struct sockaddr_alg alg;
	struct sockaddr_storage storage;
};

static void print_address(struct text *text, const union any_address *address,
			  size_t length)
{
	switch (address->common.sa_family) {
	case AF_UNIX:
		print_unix(text, &address->local, length);
		return;
	case AF_INET:
		print_inet(text, &address->inet);
		return;
	case AF_INET6:
		print_inet6(text, &address->inet6);
		return;
	case AF_NETLINK:
		print_netlink_address(text, &address->netlink);
		return;
	case AF_PACKET:
		print_packet(text, &address->packet);
		return;
	case AF_VSOCK:
		print_vsock(text, &address->vsock);
		return;
	case AF_ALG:
		print_alg(text, &address->alg);
		return;
	}
	if (length > sizeof(address->common.sa_family)) {
		text_add(text, ", sa_data=");
		text_quote(text, address->common.sa_data, length - 2);
	}
}

void decode_sockaddr(struct decoder *decoder, remote_addr address,
		     uint64_t length)
{
	union any_address bytes;

	memset(&bytes, 0, sizeof(bytes));
	if (length > sizeof(bytes))
		length = sizeof(bytes);
	length = decoder->memory->read(decoder->memory, address, &bytes,
				       length);
	if (length < sizeof(bytes.common.sa_family)) {
		decode_address(decoder, address);
		return;
	}
	text_add(decoder->text, "{sa_family=");
	decode_enum(decoder->text, names_socket_families,
		    bytes.common.sa_family);
	print_address(decoder->text, &bytes, length);
	text_add(decoder->text, "}");
}

/* ---- buffers ---- */

struct buffer {
	remote_addr base;
	uint64_t length;
};

static int read_buffer(struct decoder *decoder, remote_addr address,
		       struct buffer *buffer_out)
{
	return decode_read(decoder, address, 8, &buffer_out->base) &&
		decode_read(decoder, address + 8, 8, &buffer_out->length);
}

void decode_buffers(struct decoder *decoder, remote_addr address,
		    uint64_t count, uint64_t total, type_print print)
{
	struct buffer buffer;

	text_add(decoder->text, "[");
	for (uint64_t i = 0; i < count; i++) {
		uint64_t shown;

		if (i)
			text_add(decoder->text, ", ");
		if (i == ELEMENTS_SHOWN ||
		    !read_buffer(decoder, address + 16 * i, &buffer)) {
			text_add(decoder->text, "...");
			break;
		}
		shown = buffer.length < total ? buffer.length : total;
		text_add(decoder->text, "{iov_base=");
		print(decoder, buffer.base, shown);
		text_format(decoder->text, ", iov_len=%" PRIu64 "}",
			    buffer.length);
		total -= shown;
	}
	text_add(decoder->text, "]");
}

/* Bytes that a call has moved, or all when it only reads the buffers. */
static uint64_t moved_bytes(const struct decoder *decoder)
{
	enum memory_direction direction =
		row_argument_direction(decoder->call.row, decoder->argument);

	if (direction == DIRECTION_IN)
		return UINT64_MAX;
	return decoder->exited && decoder->call.result > 0 ?
		(uint64_t)decoder->call.result : 0;
}

static void print_base(struct decoder *decoder, remote_addr address,
		       uint64_t length)
{
	(void)length;
	decode_address(decoder, address);
}

void decode_iovecs(struct decoder *decoder, remote_addr address,
		   uint64_t length)
{
	uint64_t count = syscall_argument_elements(&decoder->call,
						   decoder->argument);
	const struct row_argument *part =
		&decoder->call.row->arguments[decoder->argument];

	/* an array of places in another process is no payload */
	if (part->room != ROOM_VECTOR)
		decode_buffers(decoder, address, length / 16, 0, print_base);
	else
		decode_buffers(decoder, address, count ? count : length / 16,
			       moved_bytes(decoder), decode_data);
}

/* ---- messages ---- */

struct message {
	uint64_t name, name_length, buffers, buffer_count;
	uint64_t control, control_length, flags;
};

static int read_message(struct decoder *decoder, remote_addr address,
			struct message *message_out)
{
	return decode_read(decoder, address, 8, &message_out->name) &&
		decode_read(decoder, address + 8, 4,
			    &message_out->name_length) &&
		decode_read(decoder, address + 16, 8, &message_out->buffers) &&
		decode_read(decoder, address + 24, 8,
			    &message_out->buffer_count) &&
		decode_read(decoder, address + 32, 8, &message_out->control) &&
		decode_read(decoder, address + 40, 8,
			    &message_out->control_length) &&
		decode_read(decoder, address + 48, 4, &message_out->flags);
}

static int is_netlink(struct decoder *decoder, const struct message *message)
{
	uint64_t family;

	return message->name && message->name_length >= 2 &&
		decode_read(decoder, message->name, 2, &family) &&
		family == AF_NETLINK;
}

static void print_message(struct decoder *decoder, remote_addr address,
			  uint64_t total)
{
	struct text *text = decoder->text;
	struct message message;

	if (!read_message(decoder, address, &message)) {
		decode_address(decoder, address);
		return;
	}
	text_add(text, "{msg_name=");
	if (message.name && message.name_length)
		decode_sockaddr(decoder, message.name, message.name_length);
	else
		decode_address(decoder, message.name);
	text_format(text, ", msg_namelen=%" PRIu64 ", msg_iov=",
		    message.name_length);
	decode_buffers(decoder, message.buffers, message.buffer_count, total,
		       is_netlink(decoder, &message) ? decode_netlink :
		       decode_data);
	text_format(text, ", msg_iovlen=%" PRIu64, message.buffer_count);
	if (message.control) {
		text_add(text, ", msg_control=");
		decode_cmsgs(decoder, message.control,
			     message.control_length);
	}
	text_format(text, ", msg_controllen=%" PRIu64 ", msg_flags=",
		    message.control_length);
	decode_flags(text, names_msg_flags, message.flags);
	text_add(text, "}");
}

void decode_msghdr(struct decoder *decoder, remote_addr address,
		   uint64_t length)
{
	(void)length;
	print_message(decoder, address, moved_bytes(decoder));
}

#define MMSGHDR_SIZE 64
#define MMSGHDR_LENGTH 56

void decode_mmsghdr(struct decoder *decoder, remote_addr address,
		    uint64_t length)
{
	int sends = row_argument_direction(decoder->call.row,
					   decoder->argument) == DIRECTION_IN;
	uint64_t count = decoder->call.arguments[1];
	uint64_t moved;

	(void)length;
	if (!sends && decoder->exited && decoder->call.result >= 0)
		count = (uint64_t)decoder->call.result;
	text_add(decoder->text, "[");
	for (uint64_t i = 0; i < count && i < ELEMENTS_SHOWN; i++) {
		remote_addr element = address + i * MMSGHDR_SIZE;

		if (!decode_read(decoder, element + MMSGHDR_LENGTH, 4,
				 &moved))
			break;
		text_add(decoder->text, i ? ", {msg_hdr=" : "{msg_hdr=");
		print_message(decoder, element, sends ? UINT64_MAX : moved);
		text_format(decoder->text, ", msg_len=%" PRIu64 "}", moved);
	}
	text_add(decoder->text, "]");
}

/* ---- control messages ---- */

static const struct field fields_ucred[] = {
	{"pid", 0, 4, field_decimal},
	{"uid", 4, 4, field_id},
	{"gid", 8, 4, field_id},
	END_OF_FIELDS
};

static void field_inet(struct decoder *decoder, uint64_t value,
		       const struct field *field)
{
	char numbers[INET_ADDRSTRLEN];
	uint32_t address = (uint32_t)value;

	(void)field;
	inet_ntop(AF_INET, &address, numbers, sizeof(numbers));
	text_format(decoder->text, "inet_addr(\"%s\")", numbers);
}

static void field_inet6(struct decoder *decoder, uint64_t value,
			const struct field *field)
{
	char numbers[INET6_ADDRSTRLEN];
	struct in6_addr address;

	(void)field;
	if (!memory_read(decoder->memory, value, &address, sizeof(address))) {
		decode_address(decoder, value);
		return;
	}
	inet_ntop(AF_INET6, &address, numbers, sizeof(numbers));
	text_format(decoder->text, "inet_pton(AF_INET6, \"%s\")", numbers);
}

static const struct field fields_in_pktinfo[] = {
	{"ipi_ifindex", 0, 4, field_decimal},
	{"ipi_spec_dst", 4, 4, field_inet},
	{"ipi_addr", 8, 4, field_inet},
	END_OF_FIELDS
};

static const struct field fields_in6_pktinfo[] = {
	{"ipi6_addr", 0, 16, field_inet6},
	{"ipi6_ifindex", 16, 4, field_unsigned},
	END_OF_FIELDS
};

static const struct field fields_extended_err[] = {
	{MEMBER(struct sock_extended_err, ee_errno), field_errno},
	{MEMBER(struct sock_extended_err, ee_origin), field_unsigned},
	{MEMBER(struct sock_extended_err, ee_type), field_unsigned},
	{MEMBER(struct sock_extended_err, ee_code), field_unsigned},
	{MEMBER(struct sock_extended_err, ee_info), field_unsigned},
	{MEMBER(struct sock_extended_err, ee_data), field_unsigned},
	END_OF_FIELDS
};

static void print_fds(struct decoder *decoder, remote_addr address,
		      uint64_t length)
{
	uint64_t fd;

	text_add(decoder->text, "[");
	for (uint64_t i = 0; i < length / 4; i++) {
		if (!decode_read(decoder, address + 4 * i, 4, &fd))
			break;
		if (i)
			text_add(decoder->text, ", ");
		decode_fd(decoder, (int32_t)fd, decoder->text);
	}
	text_add(decoder->text, "]");
}

/* Most options, and what is told with packets, are an int. */
static void print_int(struct decoder *decoder, remote_addr address,
		      uint64_t length)
{
	uint64_t value;

	if (length == 4 && decode_read(decoder, address, 4, &value))
		text_format(decoder->text, "[%" PRId32 "]", (int32_t)value);
	else if (length == 8 && decode_read(decoder, address, 8, &value))
		text_format(decoder->text, "[%" PRIu64 "]", value);
	else
		decode_data(decoder, address, length);
}

static const struct field *ip_data(int level, uint64_t type)
{
	if (level == IPPROTO_IP && type == IP_PKTINFO)
		return fields_in_pktinfo;
	if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO)
		return fields_in6_pktinfo;
	if ((level == IPPROTO_IP && type == IP_RECVERR) ||
	    (level == IPPROTO_IPV6 && type == IPV6_RECVERR))
		return fields_extended_err;
	return NULL;
}

static void print_socket_data(struct decoder *decoder, uint64_t type,
			      remote_addr address, uint64_t length)
{
	switch (type) {
	case SCM_RIGHTS:
		print_fds(decoder, address, length);
		return;
	case SCM_CREDENTIALS:
		decode_struct(decoder, address, length, fields_ucred);
		return;
	case SO_TIMESTAMP:
		decode_struct(decoder, address, length, fields_timeval);
		return;
	case SO_TIMESTAMPNS:
		decode_struct(decoder, address, length, fields_timespec);
		return;
	}
	print_int(decoder, address, length);
}

static void print_cmsg_data(struct decoder *decoder, int level, uint64_t type,
			    remote_addr address, uint64_t length)
{
	const struct field *fields = ip_data(level, type);

	if (level == SOL_SOCKET)
		print_socket_data(decoder, type, address, length);
	else if (fields)
		decode_struct(decoder, address, length, fields);
	else
		print_int(decoder, address, length);
}

static const struct decode_name *cmsg_types(int level)
{
	switch (level) {
	case SOL_SOCKET:
		return names_scm_types;
	case IPPROTO_IP:
		return names_ip_options;
	case IPPROTO_IPV6:
		return names_ipv6_options;
	case LEVEL_UDP:
		return names_udp_options;
	case LEVEL_TCP:
		return names_tcp_options;
	case SOL_ALG:
		return names_alg_options;
	}
	return NULL;
}

#define CMSG_HEAD 16

/* Writes one control message; returns its length, 0 at the end. */
static uint64_t print_cmsg(struct decoder *decoder, remote_addr address,
			   uint64_t room)
{
	uint64_t length, level, type;
	const struct decode_name *types;

	if (room < CMSG_HEAD || !decode_read(decoder, address, 8, &length) ||
	    !decode_read(decoder, address + 8, 4, &level) ||
	    !decode_read(decoder, address + 12, 4, &type) ||
	    length < CMSG_HEAD || length > room)
		return 0;
	text_format(decoder->text, "{cmsg_len=%" PRIu64 ", cmsg_level=",
		    length);
	decode_enum(decoder->text, names_socket_levels, level);
	text_add(decoder->text, ", cmsg_type=");
	types = cmsg_types((int)level);
	if (types)
		decode_enum(decoder->text, types, type);
	else
		text_format(decoder->text, "%#" PRIx64, type);
	if (length > CMSG_HEAD) {
		text_add(decoder->text, ", cmsg_data=");
		print_cmsg_data(decoder, (int)level, type,
				address + CMSG_HEAD, length - CMSG_HEAD);
	}
	text_add(decoder->text, "}");
	return (length + 7) & ~UINT64_C(7);
}

void decode_cmsgs(struct decoder *decoder, remote_addr address,
		  uint64_t length)
{
	uint64_t done = 0, size, first;

	if (length < CMSG_HEAD ||
	    !decode_read(decoder, address, 8, &first)) {
		decode_address(decoder, address);
		return;
	}
	text_add(decoder->text, "[");
	while (done < length) {
		size_t start = decoder->text->length;

		if (done)
			text_add(decoder->text, ", ");
		size = print_cmsg(decoder, address + done, length - done);
		if (!size) {
			text_cut(decoder->text, start);
			break;
		}
		done += size;
	}
	text_add(decoder->text, "]");
}

/* ---- options ---- */

static const struct decode_name *option_names(uint64_t level)
{
	switch (level) {
	case SOL_SOCKET:
		return names_so_options;
	case IPPROTO_IP:
		return names_ip_options;
	case IPPROTO_IPV6:
		return names_ipv6_options;
	case LEVEL_TCP:
		return names_tcp_options;
	case LEVEL_UDP:
	case IPPROTO_UDPLITE:
		return names_udp_options;
	case SOL_NETLINK:
		return names_netlink_options;
	case SOL_PACKET:
		return names_packet_options;
	case LEVEL_TLS:
		return names_tls_options;
	case SOL_ALG:
		return names_alg_options;
	case AF_VSOCK:
		return names_vsock_options;
	case SOL_RAW:
		return names_icmp_options;
	case IPPROTO_ICMPV6:
		return names_raw6_options;
	}
	return NULL;
}

void decode_socket_option(struct decoder *decoder, uint64_t value)
{
	const struct decode_name *names =
		option_names((uint32_t)decoder->call.arguments[1]);
	uint64_t option = (uint32_t)value;

	if (names == names_ip_options || names == names_ipv6_options)
		names = decode_name(names, option) ? names :
			names_mcast_options;
	if (names)
		decode_enum(decoder->text, names, option);
	else
		text_format(decoder->text, "%#" PRIx64, option);
}

static const struct field fields_linger[] = {
	{"l_onoff", 0, 4, field_decimal},
	{"l_linger", 4, 4, field_decimal},
	END_OF_FIELDS
};

static const struct field fields_ip_mreqn[] = {
	{"imr_multiaddr", 0, 4, field_inet},
	{"imr_address", 4, 4, field_inet},
	{"imr_ifindex", 8, 4, field_decimal},
	END_OF_FIELDS
};

static const struct field fields_ipv6_mreq[] = {
	{"ipv6mr_multiaddr", 0, 16, field_inet6},
	{"ipv6mr_ifindex", 16, 4, field_decimal},
	END_OF_FIELDS
};

#define TCP_INFO_FIELD(member) \
	{MEMBER(struct tcp_info, member), field_unsigned}

static const struct field fields_tcp_info[] = {
	TCP_INFO_FIELD(tcpi_state), TCP_INFO_FIELD(tcpi_ca_state),
	TCP_INFO_FIELD(tcpi_retransmits), TCP_INFO_FIELD(tcpi_rto),
	TCP_INFO_FIELD(tcpi_snd_mss), TCP_INFO_FIELD(tcpi_rcv_mss),
	TCP_INFO_FIELD(tcpi_unacked), TCP_INFO_FIELD(tcpi_lost),
	TCP_INFO_FIELD(tcpi_retrans), TCP_INFO_FIELD(tcpi_pmtu),
	TCP_INFO_FIELD(tcpi_rtt), TCP_INFO_FIELD(tcpi_rttvar),
	TCP_INFO_FIELD(tcpi_snd_cwnd), TCP_INFO_FIELD(tcpi_rcv_space),
	TCP_INFO_FIELD(tcpi_total_retrans),
	END_OF_FIELDS
};

static const struct field *socket_option_fields(uint64_t option)
{
	switch (option) {
	case SO_LINGER:
		return fields_linger;
	case SO_PEERCRED:
		return fields_ucred;
	case SO_RCVTIMEO:
	case SO_SNDTIMEO:
		return fields_timeval;
	}
	return NULL;
}

static const struct field *option_fields(uint64_t level, uint64_t option)
{
	if (level == SOL_SOCKET)
		return socket_option_fields(option);
	if (level == LEVEL_TCP && option == TCP_INFO)
		return fields_tcp_info;
	if (level == IPPROTO_IP && (option == IP_ADD_MEMBERSHIP ||
				    option == IP_DROP_MEMBERSHIP))
		return fields_ip_mreqn;
	if (level == IPPROTO_IPV6 && (option == IPV6_JOIN_GROUP ||
				      option == IPV6_LEAVE_GROUP))
		return fields_ipv6_mreq;
	return NULL;
}

static int is_text_option(uint64_t level, uint64_t option)
{
	return (level == SOL_SOCKET && (option == SO_BINDTODEVICE ||
					option == SO_PEERSEC)) ||
		(level == LEVEL_TCP && (option == TCP_CONGESTION ||
					option == TCP_ULP));
}

/* Small numbers whose meaning is a name. */
static int print_named_option(struct decoder *decoder, uint64_t option,
			      remote_addr address, uint64_t length)
{
	const struct decode_name *names;
	uint64_t value;

	switch (option) {
	case SO_TYPE:
		names = names_socket_types;
		break;
	case SO_DOMAIN:
		names = names_socket_families;
		break;
	case SO_PROTOCOL:
		names = names_ip_protocols;
		break;
	case SO_ERROR:
		names = names_errnos;
		break;
	default:
		return 0;
	}
	if (length != 4 || !decode_read(decoder, address, 4, &value))
		return 0;
	text_add(decoder->text, "[");
	decode_enum(decoder->text, names, value);
	text_add(decoder->text, "]");
	return 1;
}

void decode_sockopt(struct decoder *decoder, remote_addr address,
		    uint64_t length)
{
	uint64_t level = (uint32_t)decoder->call.arguments[1];
	uint64_t option = (uint32_t)decoder->call.arguments[2];
	const struct field *fields = option_fields(level, option);

	if (fields)
		decode_struct(decoder, address, length, fields);
	else if (is_text_option(level, option))
		decode_string(decoder, address, length);
	else if (level != SOL_SOCKET ||
		 !print_named_option(decoder, option, address, length))
		print_int(decoder, address, length);
}
