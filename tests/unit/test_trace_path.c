/* SPDX-License-Identifier: MIT */
#include "src/trace_path.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[PATH_MAX];

static void enter_root(void)
{
	strcpy(root, "/tmp/reel-unit-XXXXXX");
	cr_assert(mkdtemp(root));
	setenv("REEL_TRACES", root, 1);
	cr_assert_eq(chdir(root), 0);
}

static void leave_root(void)
{
	cr_assert_eq(chdir("/"), 0);
	remove_tree(root);
}

TestSuite(trace_path, .init = enter_root, .fini = leave_root);

static void make_trace(const char *name)
{
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	mkdir(path, 0777);
	strcat(path, "/trace.json");
	close(open(path, O_WRONLY | O_CREAT, 0666));
}

static void assert_found(const char *operand, const char *expected)
{
	char *path;

	cr_assert_eq(trace_path_find(operand, &path), 0);
	cr_assert_str_eq(path, expected);
	free(path);
}

Test(trace_path, root_is_reel_traces_before_xdg_before_home)
{
	char *path;

	cr_assert_eq(trace_root(&path), 0);
	cr_assert_str_eq(path, root);
	unsetenv("REEL_TRACES");
	setenv("XDG_DATA_HOME", "/data", 1);
	cr_assert_eq(trace_root(&path), 0);
	cr_assert_str_eq(path, "/data/reel");
	setenv("XDG_DATA_HOME", "relative", 1);
	setenv("HOME", "/home/somebody", 1);
	cr_assert_eq(trace_root(&path), 0);
	cr_assert_str_eq(path, "/home/somebody/.local/share/reel");
}

Test(trace_path, operand_is_a_path_or_a_name)
{
	char named[2 * PATH_MAX];

	make_trace("one-1");
	cr_assert_eq(mkdir("elsewhere", 0777), 0);
	make_trace("elsewhere/two-1");
	snprintf(named, sizeof(named), "%s/one-1", root);
	assert_found(named, named);
	assert_found("elsewhere/two-1", "elsewhere/two-1");
	cr_assert_eq(chdir("elsewhere"), 0);
	assert_found("one-1", named);
	assert_found("two-1", "two-1");
}

Test(trace_path, numbers_are_the_smallest_free_ones)
{
	struct new_trace first, second, again;

	cr_assert_eq(new_trace_reserve(NULL, "/bin/date", &first), 0);
	cr_assert_str_eq(strrchr(first.path, '/'), "/date-1");
	cr_assert_eq(new_trace_reserve(NULL, "date", &second), 0);
	cr_assert_str_eq(strrchr(second.path, '/'), "/date-2");
	new_trace_remove(&first);
	cr_assert_eq(new_trace_reserve(NULL, "date", &again), 0);
	cr_assert_str_eq(strrchr(again.path, '/'), "/date-1");
	new_trace_deinit(&first);
	new_trace_deinit(&second);
	new_trace_deinit(&again);
}

Test(trace_path, names_are_plain)
{
	struct new_trace trace;

	cr_assert_eq(new_trace_reserve(NULL, "./-a b\n.sh", &trace), 0);
	cr_assert_str_eq(strrchr(trace.path, '/'), "/_a_b_.sh-1");
	new_trace_deinit(&trace);
}

Test(trace_path, latest_is_the_published_one)
{
	struct new_trace first, second;

	cr_assert_eq(new_trace_reserve(NULL, "one", &first), 0);
	new_trace_publish(&first);
	assert_found(NULL, first.path);
	cr_assert_eq(new_trace_reserve(NULL, "two", &second), 0);
	new_trace_publish(&second);
	assert_found("latest", second.path);
	new_trace_remove(&second);
	assert_found(NULL, first.path);
	new_trace_deinit(&first);
	new_trace_deinit(&second);
}

Test(trace_path, a_given_directory_must_be_new)
{
	struct new_trace trace;

	cr_redirect_stderr();
	cr_assert_lt(new_trace_reserve(root, "one", &trace), 0);
	cr_assert_eq(new_trace_reserve("given", "one", &trace), 0);
	cr_assert_str_eq(trace.path, "given");
	cr_assert_null(trace.link);
	new_trace_deinit(&trace);
}

Test(trace_path, snapshots_are_counted_apart)
{
	struct trace_size size;

	make_trace("one-1");
	cr_assert_eq(truncate("one-1/trace.json", 10), 0);
	mkdir("one-1/objects", 0777);
	mkdir("one-1/objects/ab", 0777);
	close(open("one-1/objects/ab/cd", O_WRONLY | O_CREAT, 0666));
	cr_assert_eq(truncate("one-1/objects/ab/cd", 100), 0);
	cr_assert_eq(trace_size("one-1", &size), 0);
	cr_assert_eq(size.events, 10);
	cr_assert_eq(size.snapshots, 100);
}
