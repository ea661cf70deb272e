/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what reads the packets of a debugger's client, and what evaluates the
 * conditions in them.  With libFuzzer (tests/debug/run --long does it):
 *
 *	clang -fsanitize=fuzzer,address,undefined -DFUZZ_WITH_LIBFUZZER \
 *		-D_GNU_SOURCE -I. tests/fuzz/fuzz_gdb_packet.c \
 *		replay/gdb_packet.c replay/gdb_condition.c traces/report.c
 *
 * Without it, a main() feeds N random inputs (the argument; 100000).
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/gdb_condition.h"
#include "replay/gdb_packet.h"
#include "traces/report.h"

static struct gdb_parser parser;

/* Half of the addresses can be read. */
static size_t read_some(struct memory *memory, remote_addr addr, void *bytes,
			size_t length)
{
	(void)memory;
	if (addr & 0x8000)
		return 0;
	memset(bytes, (int)addr, length);
	return length;
}

static int get_register(void *context, unsigned number, uint64_t *value_out)
{
	(void)context;
	*value_out = number * 0x1000001ull;
	return number < 64 ? 0 : -1;
}

static void use_conditions(const char *packet, size_t length)
{
	struct memory memory = { .read = read_some };
	struct gdb_scene scene = { &memory, get_register, NULL };
	struct gdb_condition condition;
	const char *text = strchr(packet, ';');
	int64_t value;

	gdb_code_evaluate((const uint8_t *)packet, length, &scene, &value);
	if (!text || gdb_condition_read(text + 1, &condition))
		return;
	gdb_condition_is_met(&condition, &scene);
	gdb_condition_deinit(&condition);
}

static void use_packet(const char *packet, size_t length)
{
	struct gdb_reply reply = { 0 }, framed = { 0 };
	const char *text = packet;
	uint8_t bytes[64];
	uint64_t number;

	bug_unless(length <= GDB_PACKET_MAX && !packet[length],
		   "a packet of %zu bytes", length);
	while (*text) {
		if (!gdb_read_number(&text, &number) && *text)
			text++;
	}
	bug_unless(gdb_read_hex(packet, bytes, sizeof(bytes)) <= sizeof(bytes),
		   "too many digits");
	gdb_reply_binary(&reply, packet, length);
	gdb_reply_hex(&reply, packet, length);
	gdb_reply_frame(&reply, &framed);
	gdb_reply_deinit(&reply);
	gdb_reply_deinit(&framed);
	use_conditions(packet, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	memset(&parser, 0, offsetof(struct gdb_parser, length));
	parser.state = GDB_OUTSIDE;
	parser.length = 0;
	for (size_t i = 0; i < length; i++)
		if (gdb_parser_feed(&parser, bytes[i]) == GDB_PACKET)
			use_packet(parser.bytes, parser.length);
	/* And as what is in a packet, which a checksum would keep out. */
	if (length <= GDB_PACKET_MAX) {
		memcpy(parser.bytes, bytes, length);
		parser.bytes[length] = '\0';
		use_packet(parser.bytes, length);
	}
	return 0;
}

#ifndef FUZZ_WITH_LIBFUZZER
/* Inputs that look like packets more often than not. */
static size_t make_input(uint8_t bytes[512])
{
	static const char likely[] = "$$##}}-+\x03,;:pqmZv0123456789abcdef";
	size_t length = (size_t)rand() % 512, start = 0;
	uint8_t sum = 0;

	for (size_t i = 0; i < length; i++) {
		bytes[i] = rand() % 4 ? (uint8_t)likely[(size_t)rand() %
							(sizeof(likely) - 1)] :
					(uint8_t)rand();
		if (bytes[i] == '$')
			start = i + 1;
	}
	if (length > 3 && start < length - 3 && rand() % 2) {
		for (size_t i = start; i < length - 3; i++)
			sum = (uint8_t)(sum + bytes[i]);
		bytes[length - 3] = '#';
		bytes[length - 2] = (uint8_t)"0123456789abcdef"[sum >> 4];
		bytes[length - 1] = (uint8_t)"0123456789abcdef"[sum & 15];
	}
	return length;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	uint8_t bytes[512];

	srand(1);
	for (unsigned long i = 0; i < count; i++)
		LLVMFuzzerTestOneInput(bytes, make_input(bytes));
	return 0;
}
#endif
