/* SPDX-License-Identifier: MIT */
/* Packed traces: from one file to a trace and never to anything else. */
#include "traces/pack.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test_trace_tools.h"
#include "traces/reader.h"
#include "traces/report.h"
#include "traces/tar.h"

#define LIMIT 90

TestSuite(trace_pack, .init = directory_enter, .fini = directory_leave,
	  .timeout = 120);

static void expect_trace(const char *path, int64_t count)
{
	const char *wrong;

	cr_assert_eq(read_samples(path, LIMIT, &wrong), count);
	cr_assert_null(wrong);
	cr_assert_eq(trace_verify(path, NULL), 0);
}

/* Names in the test's directory, whatever they begin with. */
static int count_names(void)
{
	DIR *directory = opendir(in_directory("."));
	int count = -2;

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

Test(trace_pack, a_packed_trace_is_the_same_after_unpacking)
{
	silence_reports();
	make_trace(in_directory("t"), 60, LIMIT);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("p")), 0);
	cr_assert_eq(trace_unpack(in_directory("p"), in_directory("u")), 0);
	expect_trace(in_directory("u"), 60);
	/* with slashes after the name, too; never over one that exists */
	cr_assert_eq(trace_unpack(in_directory("p"), in_directory("v//")), 0);
	expect_trace(in_directory("v"), 60);
	cr_assert_eq(trace_unpack(in_directory("p"), in_directory("v")),
		     -EEXIST);
	cr_assert_eq(count_names(), 4);
}

Test(trace_pack, a_killed_recorders_trace_can_be_packed)
{
	trace_writer_destroy(write_samples(in_directory("t"), 60, LIMIT, 10));
	cr_assert_eq(truncate(in_directory("t/events"), 2000), 0);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("p")), 0);
	cr_assert_eq(trace_unpack(in_directory("p"), in_directory("u")), 0);
	cr_assert_eq(trace_verify(in_directory("u"), NULL), 0);
}

Test(trace_pack, file_systems_without_nameless_files_do)
{
	setenv("REEL_FAULT", "o_tmpfile", 1);
	make_trace(in_directory("t"), 60, LIMIT);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("p")), 0);
	cr_assert_eq(trace_unpack(in_directory("p"), in_directory("u")), 0);
	expect_trace(in_directory("u"), 60);
	cr_assert_eq(count_names(), 3);
}

Test(trace_pack, packing_replaces_a_file_and_writes_into_a_pipe)
{
	char command[700];
	struct stat status;

	silence_reports();
	make_trace(in_directory("t"), 60, LIMIT);
	file_store(in_directory("p"), "old", 3);
	cr_assert_eq(symlink("p", in_directory("link")), 0);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("link")), 0);
	cr_assert_eq(lstat(in_directory("link"), &status), 0);
	cr_assert(S_ISLNK(status.st_mode));
	cr_assert_eq(trace_unpack(in_directory("p"), in_directory("u")), 0);

	cr_assert_eq(mkfifo(in_directory("pipe"), 0600), 0);
	snprintf(command, sizeof(command), "cat %s > %s &",
		 in_directory("pipe"), in_directory("copy"));
	cr_assert_eq(system(command), 0);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("pipe")), 0);
	cr_assert_eq(lstat(in_directory("pipe"), &status), 0);
	cr_assert(S_ISFIFO(status.st_mode));
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("t")), -EISDIR);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("no/p")),
		     -ENOENT);
}

Test(trace_pack, a_damaged_trace_is_not_packed)
{
	silence_reports();
	make_trace(in_directory("t"), 60, LIMIT);
	cr_assert_eq(truncate(in_directory("t/events"), 100), 0);
	cr_assert_lt(trace_pack(in_directory("t"), in_directory("p")), 0);
	cr_assert_neq(access(in_directory("p"), F_OK), 0);
}

static void expect_refusal(const uint8_t *bytes, size_t length)
{
	file_store(in_directory("p"), bytes, length);
	cr_assert_lt(trace_unpack(in_directory("p"), in_directory("u")), 0);
	cr_assert_eq(count_names(), 2, "something was left behind");
}

Test(trace_pack, a_changed_byte_anywhere_is_found)
{
	struct dice dice = { 11 };
	uint8_t *bytes;
	size_t i, length;

	silence_reports();
	make_trace(in_directory("t"), 20, LIMIT);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("p")), 0);
	bytes = file_load(in_directory("p"), &length);
	for (i = 0; i < length; i += 1 + dice_roll(&dice, 5)) {
		uint8_t flip = (uint8_t)(1 << dice_roll(&dice, 8));

		bytes[i] ^= flip;
		expect_refusal(bytes, length);
		bytes[i] ^= flip;
	}
	free(bytes);
}

Test(trace_pack, a_cut_or_prolonged_file_is_refused)
{
	struct dice dice = { 12 };
	uint8_t *bytes;
	size_t i, length;

	silence_reports();
	make_trace(in_directory("t"), 20, LIMIT);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("p")), 0);
	bytes = file_load(in_directory("p"), &length);
	for (i = 0; i < length; i += 1 + dice_roll(&dice, 30))
		expect_refusal(bytes, i);
	expect_refusal(bytes, length - 1);
	bytes = xrealloc(bytes, length + 512);
	memset(bytes + length, 0, 512);
	expect_refusal(bytes, length + 512);
	expect_refusal(bytes, length + 1);
	free(bytes);
}

/* A member of this name put in front of a good packed trace, or after it. */
static void try_name(const uint8_t *packed, size_t length, const char *name,
		     uint64_t size)
{
	uint8_t *bytes = xcalloc(1, length + 1024);
	size_t third;

	tar_header_write(name, size, bytes);
	memcpy(bytes + 1024, packed, length);
	expect_refusal(bytes, length + 1024);
	/* before SHA256SUMS and the end: one header, one block, two zero ones
	 */
	third = length - 4 * TAR_BLOCK;
	memcpy(bytes, packed, third);
	memset(bytes + third, 0, 1024);
	tar_header_write(name, size, bytes + third);
	memcpy(bytes + third + 1024, packed + third, length - third);
	expect_refusal(bytes, length + 1024);
	free(bytes);
}

Test(trace_pack, hostile_names_and_lengths_are_refused)
{
	static const char *const names[] = {
		"../escape",
		"/etc/passwd",
		"objects/../../x",
		"",
		".",
		"..",
		"trace.json",
		"objects",
		"objects/",
		"objects/ab",
		"note",
		"objects/zz/00000000000000000000000000000000000000000000000000"
		"000000000000",
		"objects/AB/00000000000000000000000000000000000000000000000000"
		"000000000000",
		"objects/ab/0000000000000000000000000000000000000000000000000"
		"000000000000/x",
		"SHA256SUMS",
	};
	uint8_t *bytes;
	size_t i, length;

	silence_reports();
	make_trace(in_directory("t"), 20, LIMIT);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("p")), 0);
	bytes = file_load(in_directory("p"), &length);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		try_name(bytes, length, names[i], 3);
		try_name(bytes, length, names[i], 0);
		try_name(bytes, length, names[i], (uint64_t)1 << 40);
		try_name(bytes, length, names[i], UINT64_MAX);
	}
	free(bytes);
}

Test(trace_pack, a_full_disk_leaves_nothing_behind)
{
	silence_reports();
	setenv("REEL_FAULT", "write_pack:3,write_unpack:2", 1);
	make_trace(in_directory("t"), 20, LIMIT);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("p")), -ENOSPC);
	cr_assert_eq(count_names(), 1);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("p")), 0);
	cr_assert_eq(trace_unpack(in_directory("p"), in_directory("u")),
		     -ENOSPC);
	cr_assert_eq(count_names(), 2);
	cr_assert_eq(trace_unpack(in_directory("p"), in_directory("u")), 0);
	expect_trace(in_directory("u"), 20);
}

Test(trace_pack, tar_reads_it)
{
	char command[900];

	make_trace(in_directory("t"), 60, LIMIT);
	cr_assert_eq(trace_pack(in_directory("t"), in_directory("p")), 0);
	snprintf(command, sizeof(command),
		 "cd %s && tar xf p && "
		 "cd reel-trace && sha256sum --quiet -c SHA256SUMS",
		 in_directory("."));
	cr_assert_eq(system(command), 0);
	expect_trace(in_directory("reel-trace"), 60);
}

Test(trace_pack, headers_of_large_members_come_back)
{
	static const uint64_t sizes[] = { 0,	      1,
					  0777,	      (1ull << 33) - 1,
					  1ull << 33, INT64_MAX };
	uint8_t header[TAR_BLOCK];
	char name[TAR_NAME_SIZE];
	uint64_t size;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		tar_header_write("events", sizes[i], header);
		cr_assert_eq(tar_header_read(header, name, &size), 0);
		cr_assert_str_eq(name, "events");
		cr_assert_eq(size, sizes[i]);
	}
}
