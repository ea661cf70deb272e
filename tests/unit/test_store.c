/* SPDX-License-Identifier: MIT */
#include "traces/store.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test_trace_tools.h"
#include "traces/hash.h"
#include "traces/object.h"
#include "traces/report.h"

TestSuite(store, .init = directory_enter, .fini = directory_leave,
	  .timeout = 120);

static struct store *open_store(const char *objects, const char *shared)
{
	struct store *store;

	cr_assert_eq(store_open(in_directory(objects),
				shared ? in_directory(shared) : NULL, &store),
		     0);
	return store;
}

static void add(struct store *store, int fd, uint8_t sha256[32])
{
	struct stat status;

	cr_assert_eq(fstat(fd, &status), 0);
	cr_assert_eq(store_add_fd(store, fd, &status, sha256), 0);
}

static int file_with(const char *name, const void *bytes, size_t length)
{
	int fd;

	file_store(in_directory(name), bytes, length);
	fd = open(in_directory(name), O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	return fd;
}

/* Content of the object in this directory, into a new file. */
static int extract(const char *objects, const uint8_t sha256[32])
{
	AUTO(fd_close)
	int directory = open(in_directory(objects), O_RDONLY | O_DIRECTORY);
	int fd = open(in_directory("extracted"), O_RDWR | O_CREAT | O_TRUNC,
		      0600);

	cr_assert_eq(object_read(directory, sha256, fd), 0);
	return fd;
}

static void expect_content(const char *objects, const uint8_t sha256[32],
			   const void *bytes, size_t length)
{
	AUTO(fd_close) int fd = extract(objects, sha256);
	AUTO(heap_free) char *found = xmalloc(length);
	uint8_t expected[32];
	struct stat status;

	hash_bytes(bytes, length, expected);
	cr_assert_eq(memcmp(sha256, expected, 32), 0);
	fstat(fd, &status);
	cr_assert_eq((size_t)status.st_size, length);
	cr_assert_eq(pread_all(fd, found, length, 0), 0);
	cr_assert_eq(memcmp(found, bytes, length), 0);
}

static void stat_object(const char *objects, const uint8_t sha256[32],
			struct stat *status_out)
{
	char name[OBJECT_NAME_SIZE], path[200];

	object_name(sha256, name);
	snprintf(path, sizeof(path), "%s/%s", objects, name);
	cr_assert_eq(lstat(in_directory(path), status_out), 0, "%s", path);
}

Test(store, content_of_any_length_comes_back)
{
	static const size_t lengths[] = {
		0, 1, 4095, 4096, 4097, 1 << 20, (1 << 20) + 1, 3 << 20, 5000001
	};
	struct store *store = open_store("o", NULL);
	struct dice dice = { 1 };
	uint8_t sha256[32];
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		AUTO(heap_free) char *bytes = xmalloc(lengths[i]);
		AUTO(fd_close) int fd = -1;

		dice_fill(&dice, bytes, lengths[i]);
		fd = file_with("f", bytes, lengths[i]);
		add(store, fd, sha256);
		expect_content("o", sha256, bytes, lengths[i]);
		bytes[0] ^= lengths[i] != 0;
		cr_assert_eq(store_add_bytes(store, bytes, lengths[i], sha256),
			     0);
		expect_content("o", sha256, bytes, lengths[i]);
	}
	store_close(store);
}

Test(store, compressible_content_of_many_pieces_comes_back)
{
	const size_t length = (9 << 20) + 77;
	AUTO(heap_free) char *bytes = xcalloc(1, length);
	struct store *store = open_store("o", NULL);
	uint8_t sha256[32];
	size_t i;

	for (i = 0; i < length; i += 5000)
		memcpy(bytes + i, &i, sizeof(i) < length - i ? sizeof(i) : 1);
	cr_assert_eq(store_add_bytes(store, bytes, length, sha256), 0);
	expect_content("o", sha256, bytes, length);
	store_close(store);
}

Test(store, holes_stay_holes)
{
	const uint64_t size = (uint64_t)1 << 30;
	struct store *store = open_store("o", NULL);
	AUTO(fd_close) int fd = file_with("f", "start", 5);
	AUTO(fd_close) int extracted = -1;
	struct stat status;
	struct rusage usage;
	uint8_t sha256[32];
	char text[8];

	fd_close(&fd);
	fd = open(in_directory("f"), O_RDWR | O_CLOEXEC);
	cr_assert_eq(pwrite(fd, "middle", 6, (off_t)size / 2 + 100), 6);
	cr_assert_eq(ftruncate(fd, (off_t)size + 3), 0);
	cr_assert_eq(lseek(fd, 42, SEEK_SET), 42);
	add(store, fd, sha256);
	/* It may be the program's own descriptor. */
	cr_assert_eq(lseek(fd, 0, SEEK_CUR), 42);
	stat_object("o", sha256, &status);
	cr_assert_lt(status.st_size, 1 << 20);
	extracted = extract("o", sha256);
	fstat(extracted, &status);
	cr_assert_eq((uint64_t)status.st_size, size + 3);
	cr_assert_lt(status.st_blocks, 2048);
	pread(extracted, text, 6, (off_t)size / 2 + 100);
	cr_assert_eq(memcmp(text, "middle", 6), 0);
	getrusage(RUSAGE_SELF, &usage);
	cr_assert_lt(usage.ru_maxrss, 200 << 10);
	store_close(store);
}

Test(store, a_hole_hashes_as_the_zeros_it_reads_as)
{
	const size_t length = (5 << 20) + 4096 * 3 + 10;
	AUTO(heap_free) char *bytes = xcalloc(1, length);
	struct store *store = open_store("o", NULL);
	AUTO(fd_close) int fd = -1;
	uint8_t sha256[32];

	memcpy(bytes + (2 << 20) + 8192 + 5, "x", 1);
	fd = open(in_directory("f"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	pwrite(fd, "x", 1, (2 << 20) + 8192 + 5);
	cr_assert_eq(ftruncate(fd, (off_t)length), 0);
	add(store, fd, sha256);
	expect_content("o", sha256, bytes, length);
	store_close(store);
}

Test(store, descriptors_with_o_direct_and_memfds_work)
{
	const size_t length = (2 << 20) + 1234;
	AUTO(heap_free) char *bytes = xmalloc(length);
	struct store *store = open_store("o", NULL);
	AUTO(fd_close) int fd = -1;
	struct dice dice = { 9 };
	uint8_t sha256[32];

	dice_fill(&dice, bytes, length);
	fd = file_with("f", bytes, length);
	fd_close(&fd);
	fd = open(in_directory("f"), O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd >= 0) {
		add(store, fd, sha256);
		expect_content("o", sha256, bytes, length);
		fd_close(&fd);
	}
	bytes[5]++;
	fd = memfd_create("a name", MFD_CLOEXEC);
	cr_assert_eq(write_all(fd, bytes, length), 0);
	add(store, fd, sha256);
	expect_content("o", sha256, bytes, length);
	store_close(store);
}

Test(store, a_file_that_shrank_meanwhile_is_what_is_left)
{
	struct store *store = open_store("o", NULL);
	AUTO(fd_close) int fd = file_with("f", "0123456789", 10);
	struct stat status;
	uint8_t sha256[32];

	fstat(fd, &status);
	cr_assert_eq(truncate(in_directory("f"), 4), 0);
	cr_assert_eq(store_add_fd(store, fd, &status, sha256), 0);
	expect_content("o", sha256, "0123", 4);
	store_close(store);
}

Test(store, two_traces_have_one_file)
{
	struct store *first = open_store("o1", "deep/shared");
	struct store *second = open_store("o2", "deep/shared");
	AUTO(fd_close) int fd = file_with("f", "content", 7);
	struct stat left, right;
	uint8_t sha256[32];

	add(first, fd, sha256);
	add(second, fd, sha256);
	add(second, fd, sha256);
	stat_object("o1", sha256, &left);
	stat_object("o2", sha256, &right);
	cr_assert_eq(left.st_ino, right.st_ino);
	cr_assert_eq(left.st_nlink, 3);
	expect_content("o2", sha256, "content", 7);
	store_close(first);
	store_close(second);
}

/* File systems with open, write and rename only. */
Test(store, without_links_and_nameless_files_traces_have_copies)
{
	struct store *first, *second;
	AUTO(fd_close) int fd = -1;
	struct stat left, right;
	uint8_t sha256[32];

	setenv("REEL_FAULT", "o_tmpfile,link", 1);
	first = open_store("o1", "shared");
	second = open_store("o2", "shared");
	fd = file_with("f", "content", 7);
	add(first, fd, sha256);
	add(second, fd, sha256);
	stat_object("o1", sha256, &left);
	stat_object("o2", sha256, &right);
	cr_assert_neq(left.st_ino, right.st_ino);
	expect_content("o1", sha256, "content", 7);
	expect_content("o2", sha256, "content", 7);
	stat_object("shared/objects", sha256, &left);
	store_close(first);
	store_close(second);
}

Test(store, an_unusable_shared_store_is_done_without)
{
	struct store *store;
	uint8_t sha256[32];

	silence_reports();
	file_store(in_directory("shared"), "x", 1);
	store = open_store("o", "shared");
	cr_assert_eq(store_add_bytes(store, "content", 7, sha256), 0);
	expect_content("o", sha256, "content", 7);
	store_close(store);
}

Test(store, a_broken_shared_object_is_replaced)
{
	struct store *first = open_store("o1", "shared");
	struct store *second = open_store("o2", "shared");
	char name[OBJECT_NAME_SIZE], path[200];
	struct stat status;
	uint8_t sha256[32];

	cr_assert_eq(store_add_bytes(first, "content", 7, sha256), 0);
	object_name(sha256, name);
	snprintf(path, sizeof(path), "shared/objects/%s", name);
	file_store(in_directory(path), "", 0);
	cr_assert_eq(store_add_bytes(second, "content", 7, sha256), 0);
	expect_content("o2", sha256, "content", 7);
	stat_object("shared/objects", sha256, &status);
	cr_assert_eq(status.st_nlink, 2);
	store_close(first);
	store_close(second);
}

static unsigned count_entries(const char *name)
{
	DIR *directory = opendir(in_directory(name));
	struct dirent *entry;
	unsigned count = 0;

	cr_assert_not_null(directory);
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

/* /bin/sh has been what it is for longer than any cache must wait. */
static int open_old_file(struct stat *status_out)
{
	int fd = open("/bin/sh", O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	fstat(fd, status_out);
	return fd;
}

Test(store, a_settled_file_is_known_by_its_inode)
{
	struct store *store = open_store("o1", "shared");
	AUTO(fd_close) int fd = -1;
	uint8_t first[32], second[32];
	struct stat status;

	fd = open_old_file(&status);
	add(store, fd, first);
	store_close(store);
	if (!count_entries("shared/by-inode"))
		cr_skip_test("/bin/sh is on a file system without own times");
	/* Not read again: an empty file in its place makes no difference. */
	fd_close(&fd);
	fd = memfd_create("", MFD_CLOEXEC);
	store = open_store("o2", "shared");
	cr_assert_eq(store_add_fd(store, fd, &status, second), 0);
	store_close(store);
	/* tmpfs is not believed, so it was read after all. */
	cr_assert_neq(memcmp(first, second, 32), 0);
	fd_close(&fd);
	fd = open_old_file(&status);
	setenv("REEL_FAULT", "write_store", 1);
	store = open_store("o3", "shared");
	add(store, fd, second);
	cr_assert_eq(memcmp(first, second, 32), 0);
	store_close(store);
}

Test(store, a_file_just_changed_is_not_known_by_its_inode)
{
	struct store *store = open_store("o", "shared");
	AUTO(fd_close) int fd = file_with("f", "content", 7);
	uint8_t sha256[32];

	add(store, fd, sha256);
	cr_assert_eq(count_entries("shared/by-inode"), 0);
	store_close(store);
}

Test(store, what_a_settled_file_told_is_remembered_until_gc)
{
	struct store *store = open_store("o", "shared");
	AUTO(fd_close) int fd = -1, young = file_with("f", "content", 7);
	char text[STORE_NOTE_SIZE], name[OBJECT_NAME_SIZE], path[200];
	uint8_t sha256[32];
	uint64_t files, bytes;
	struct stat status, other;

	fd = open_old_file(&status);
	add(store, fd, sha256);
	cr_assert_eq(store_recall(store, "a1", sha256, text), -1);
	cr_assert_eq(fstat(young, &other), 0);
	store_remember(store, "a1", sha256, young, &other, "wrong");
	store_remember(store, "a1", sha256, young, &status, "wrong");
	cr_assert_eq(store_recall(store, "a1", sha256, text), -1);
	if (!count_entries("shared/by-inode"))
		cr_skip_test("/bin/sh is on a file system without own times");
	store_remember(store, "a1", sha256, fd, &status, "12");
	store_remember(store, "b1", sha256, fd, &status, ".");
	cr_assert_eq(store_recall(store, "a1", sha256, text), 2);
	cr_assert_str_eq(text, "12");
	store_remember(store, "a1", sha256, fd, &status, "345");
	cr_assert_eq(store_recall(store, "a1", sha256, text), 3);
	cr_assert_eq(store_recall(store, "b1", sha256, text), 1);
	cr_assert_eq(store_recall(store, "c1", sha256, text), -1);
	store_close(store);
	cr_assert_eq(store_gc(in_directory("shared"), 0, &files, &bytes), 0);
	cr_assert_eq(count_entries("shared/notes"), 2);
	object_name(sha256, name);
	snprintf(path, sizeof(path), "o/%s", name);
	unlink(in_directory(path));
	cr_assert_eq(store_gc(in_directory("shared"), 0, &files, &bytes), 0);
	cr_assert_eq(count_entries("shared/notes"), 0);
}

/* Where the content is, or NULL; for the caller to free. */
static char *place_of(const uint8_t sha256[32], uint64_t size)
{
	struct store *store = store_look(in_directory("shared"));
	char *path;
	int fd = store_locate(store, sha256, size, &path);

	cr_assert_eq(fd >= 0, path != NULL);
	fd_close(&fd);
	store_close(store);
	return path;
}

Test(store, a_settled_file_is_found_again)
{
	struct store *store = open_store("o", "shared");
	AUTO(heap_free) char *path = NULL;
	AUTO(fd_close) int fd = -1;
	uint8_t sha256[32], other[32];
	struct stat status;

	fd = open_old_file(&status);
	add(store, fd, sha256);
	if (!count_entries("shared/by-inode"))
		cr_skip_test("/bin/sh is on a file system without own times");
	cr_assert_null(place_of(sha256, (uint64_t)status.st_size));
	store_remember_place(store, sha256, fd, &status, "bin/sh");
	store_remember_place(store, sha256, fd, &status, "/bin/\n");
	cr_assert_eq(count_entries("shared/notes"), 0);
	/* It was called so, and is another file by now. */
	store_remember_place(store, sha256, fd, &status, "/etc/passwd");
	cr_assert_eq(count_entries("shared/notes"), 1);
	cr_assert_null(place_of(sha256, (uint64_t)status.st_size));
	path = realpath("/bin/sh", NULL);
	store_remember_place(store, sha256, fd, &status, path);
	free(path);
	path = place_of(sha256, (uint64_t)status.st_size);
	cr_assert_not_null(path);
	cr_assert_null(place_of(sha256, (uint64_t)status.st_size + 1));
	memcpy(other, sha256, 32);
	other[0] ^= 1;
	cr_assert_null(place_of(other, (uint64_t)status.st_size));
	store_close(store);
	chmod(in_directory("shared/notes"), 0777);
	cr_assert_null(store_look(in_directory("shared")));
	cr_assert_null(store_look(in_directory("nothing")));
}

Test(store, a_full_disk_is_an_error_and_leaves_nothing)
{
	struct rlimit limit = { 100000, 100000 };
	struct store *store = open_store("o", NULL);
	AUTO(heap_free) char *bytes = xmalloc(1000000);
	struct dice dice = { 2 };
	uint8_t sha256[32];

	silence_reports();
	signal(SIGXFSZ, SIG_IGN);
	dice_fill(&dice, bytes, 1000000);
	setrlimit(RLIMIT_FSIZE, &limit);
	cr_assert_eq(store_add_bytes(store, bytes, 1000000, sha256), -EFBIG);
	cr_assert_eq(count_entries("o"), 0);
	cr_assert_eq(store_add_bytes(store, bytes, 1000, sha256), 0);
	store_close(store);
}

Test(store, gc_removes_what_no_trace_uses)
{
	struct store *store = open_store("o1", "shared");
	uint8_t kept[32], dropped[32];
	char name[OBJECT_NAME_SIZE], path[200];
	AUTO(fd_close) int fd = -1;
	uint64_t files, bytes;
	struct stat status;
	unsigned entries;

	fd = open_old_file(&status);
	add(store, fd, dropped);
	cr_assert_eq(store_add_bytes(store, "kept", 4, kept), 0);
	store_close(store);
	entries = count_entries("shared/by-inode");
	cr_assert_eq(store_gc(in_directory("shared"), 0, &files, &bytes), 0);
	cr_assert_eq(files, 0);
	cr_assert_eq(count_entries("shared/by-inode"), entries);

	object_name(dropped, name);
	snprintf(path, sizeof(path), "o1/%s", name);
	unlink(in_directory(path));
	cr_assert_eq(store_gc(in_directory("shared"), 1, &files, &bytes), 0);
	cr_assert_eq(files, 1);
	stat_object("shared/objects", dropped, &status);
	cr_assert_eq((uint64_t)status.st_size, bytes);
	cr_assert_eq(store_gc(in_directory("shared"), 0, &files, &bytes), 0);
	cr_assert_eq(files, 1);
	cr_assert_eq(count_entries("shared/by-inode"), 0);
	stat_object("shared/objects", kept, &status);
	snprintf(path, sizeof(path), "shared/objects/%s", name);
	cr_assert_neq(lstat(in_directory(path), &status), 0);
	cr_assert_eq(store_gc(in_directory("nowhere"), 0, &files, &bytes), 0);
	cr_assert_eq(files + bytes, 0);
}
