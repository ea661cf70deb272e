/* SPDX-License-Identifier: MIT */
#include "replay/gdb_packet.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What comes of the last byte. */
static enum gdb_input feed(struct gdb_parser *parser, const char *bytes,
			   size_t length)
{
	enum gdb_input input = GDB_NOTHING;

	for (size_t i = 0; i < length; i++)
		input = gdb_parser_feed(parser, (uint8_t)bytes[i]);
	return input;
}

static struct gdb_parser *new_parser(void)
{
	return calloc(1, sizeof(struct gdb_parser));
}

Test(gdb_packet, is_read_with_its_checksum)
{
	struct gdb_parser *parser = new_parser();

	cr_assert_eq(feed(parser, "+$qC#b4", 7), GDB_PACKET);
	cr_assert_str_eq(parser->bytes, "qC");
	cr_assert_eq(parser->length, 2);
	cr_assert_eq(feed(parser, "$#00", 4), GDB_PACKET);
	cr_assert_eq(parser->length, 0);
	free(parser);
}

Test(gdb_packet, wrong_checksums_are_refused)
{
	struct gdb_parser *parser = new_parser();

	cr_assert_eq(feed(parser, "$qC#b5", 6), GDB_BAD);
	cr_assert_eq(feed(parser, "$qC#xy", 6), GDB_BAD);
	cr_assert_eq(feed(parser, "$qC#b4", 6), GDB_PACKET);
	free(parser);
}

Test(gdb_packet, escapes_are_taken_out)
{
	struct gdb_parser *parser = new_parser();

	/* 0x7d 0x03 stands for '#' */
	cr_assert_eq(feed(parser, "$X}\x03#d8", 7), GDB_PACKET);
	cr_assert_str_eq(parser->bytes, "X#");
	free(parser);
}

Test(gdb_packet, too_long_ones_are_skipped)
{
	struct gdb_parser *parser = new_parser();

	feed(parser, "$", 1);
	for (size_t i = 0; i < 2 * (size_t)GDB_PACKET_MAX; i++)
		cr_assert_eq(feed(parser, "a", 1), GDB_NOTHING);
	cr_assert_eq(feed(parser, "#00", 3), GDB_BAD);
	cr_assert_leq(parser->length, GDB_PACKET_MAX);
	cr_assert_eq(feed(parser, "$?#3f", 5), GDB_PACKET);
	free(parser);
}

Test(gdb_packet, other_bytes_mean_something_outside_alone)
{
	struct gdb_parser *parser = new_parser();

	cr_assert_eq(feed(parser, "\x03", 1), GDB_INTERRUPT);
	cr_assert_eq(feed(parser, "-", 1), GDB_AGAIN);
	cr_assert_eq(feed(parser, "xyz", 3), GDB_NOTHING);
	cr_assert_eq(feed(parser, "$-\x03#30", 6), GDB_PACKET);
	cr_assert_eq(parser->length, 2);
	free(parser);
}

Test(gdb_packet, replies_are_framed)
{
	struct gdb_reply reply = { 0 }, framed = { 0 };

	gdb_reply_frame(&reply, &framed);
	cr_assert_str_eq(framed.bytes, "$#00");
	gdb_reply_text(&reply, "q%c", 'C');
	gdb_reply_clear(&framed);
	gdb_reply_frame(&reply, &framed);
	cr_assert_str_eq(framed.bytes, "$qC#b4");
	gdb_reply_deinit(&reply);
	gdb_reply_deinit(&framed);
}

Test(gdb_packet, binary_replies_are_escaped_and_limited)
{
	static char large[2 * GDB_PACKET_MAX];
	struct gdb_reply reply = { 0 };

	cr_assert_eq(gdb_reply_binary(&reply, "a#$}*b", 6), 6);
	cr_assert_eq(reply.length, 10);
	cr_assert(!memcmp(reply.bytes, "a}\x03}\x04}\x5d}\x0a" "b", 10));
	memset(large, '#', sizeof(large));
	gdb_reply_clear(&reply);
	cr_assert_lt(gdb_reply_binary(&reply, large, sizeof(large)),
		     GDB_PACKET_MAX / 2);
	cr_assert_leq(reply.length, GDB_PACKET_MAX);
	gdb_reply_deinit(&reply);
}

Test(gdb_packet, numbers_end_where_they_must)
{
	const char *text = "7f,10;x";
	uint64_t number;

	cr_assert(gdb_read_until(&text, ',', &number));
	cr_assert_eq(number, 0x7f);
	cr_assert(!gdb_read_until(&text, ',', &number));
	text = "";
	cr_assert(!gdb_read_number(&text, &number));
	text = "g";
	cr_assert(!gdb_read_number(&text, &number));
}

Test(gdb_packet, pairs_of_digits_fill_no_more_than_the_room)
{
	uint8_t bytes[2] = { 0 };

	cr_assert_eq(gdb_read_hex("4142434445", bytes, 2), 2);
	cr_assert_eq(bytes[1], 0x42);
	cr_assert_eq(gdb_read_hex("4", bytes, 2), 0);
	cr_assert_eq(gdb_read_hex("zz", bytes, 2), 0);
}

static void is_xml(const char *text, const char *expected)
{
	struct gdb_reply reply = { 0 };

	gdb_reply_xml(&reply, text);
	cr_expect_eq(reply.length, strlen(expected), "%s", text);
	cr_expect(!memcmp(reply.bytes, expected, strlen(expected)), "%s", text);
	gdb_reply_deinit(&reply);
}

Test(gdb_packet, names_are_text_in_xml)
{
	is_xml("a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;");
	is_xml("t\xc3\xb6ne \xe2\x82\xac \xf0\x9f\x98\x80",
	       "t\xc3\xb6ne \xe2\x82\xac \xf0\x9f\x98\x80");
	is_xml("\x01\x1b[31m\n", "[31m");
	/* Alone, cut short, longer than need be, a surrogate, too great. */
	is_xml("\x80", "?");
	is_xml("\xe2\x82", "??");
	is_xml("\xc0\xaf", "??");
	is_xml("\xe0\x80\xaf", "???");
	is_xml("\xed\xa0\x80", "???");
	is_xml("\xf4\x90\x80\x80", "????");
}
