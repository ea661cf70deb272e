/* SPDX-License-Identifier: MIT */
#include "src/trace_path.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/report.h"

#define NAME_LIMIT 100 /* characters of the program in a trace's name */

/* False when the environment names no place for it. */
static int find_root(char **path_out)
{
	const char *traces = getenv("REEL_TRACES");
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	if (traces && *traces)
		*path_out = xstrdup(traces);
	else if (data && *data == '/') /* the XDG rules ignore relative ones */
		*path_out = xasprintf("%s/reel", data);
	else if (home && *home)
		*path_out = xasprintf("%s/.local/share/reel", home);
	else
		return 0;
	return 1;
}

int trace_root(char **path_out)
{
	if (find_root(path_out))
		return 0;
	report(0, "no traces directory: neither REEL_TRACES nor HOME is set");
	return -ENOENT;
}

char *trace_store(void)
{
	AUTO(heap_free) char *root = NULL;

	return find_root(&root) ? xasprintf("%s/store", root) : NULL;
}

int is_trace(const char *path)
{
	AUTO(heap_free) char *file = xasprintf("%s/trace.json", path);

	return access(file, F_OK) == 0;
}

static int find_latest(const char *root, char **path_out)
{
	AUTO(heap_free) char *link = xasprintf("%s/latest", root);

	*path_out = realpath(link, NULL);
	if (*path_out)
		return 0;
	if (errno != ENOENT)
		return report(-errno, "follow %s", link);
	report(0, "no latest trace in %s (name one, or make one: reel record "
		  "COMMAND)", root);
	return -ENOENT;
}

int trace_path_find(const char *operand, char **path_out)
{
	AUTO(heap_free) char *root = NULL;
	AUTO(heap_free) char *named = NULL;
	int err;

	if (operand && (is_trace(operand) || strchr(operand, '/'))) {
		*path_out = xstrdup(operand);
		return 0;
	}
	err = trace_root(&root);
	if (err)
		return err;
	if (!operand || !strcmp(operand, "latest"))
		return find_latest(root, path_out);
	named = xasprintf("%s/%s", root, operand);
	if (is_trace(named)) {
		*path_out = named;
		named = NULL;
		return 0;
	}
	report(0, "no trace %s here or in %s (reel ls lists them)", operand,
	       root);
	return -ENOENT;
}

/*
 * mkdir -p; the last directory is for its owner alone: traces hold secrets.
 * The errno is not reported.
 */
static int make_directories(const char *path)
{
	AUTO(heap_free) char *copy = xstrdup(path);

	for (char *at = copy + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		/* What is there already need not be writable. */
		if (mkdir(copy, 0777) && errno != EEXIST && errno != EROFS &&
		    errno != EACCES)
			return -errno;
		*at = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

static int make_root(const char *path)
{
	int err = make_directories(path);

	if (err)
		return report(err, "make the traces directory %s (set "
				   "REEL_TRACES to another, or use -o)", path);
	return 0;
}

/* The program's name, reduced to what is easy to type. */
static char *plain_name(const char *program)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+-";
	const char *slash = strrchr(program, '/');
	char *name = xstrdup(slash ? slash + 1 : program);

	if (strlen(name) > NAME_LIMIT)
		name[NAME_LIMIT] = '\0';
	for (char *at = name; *at; at++) {
		if (!strchr(plain, *at))
			*at = '_';
	}
	if (*name == '.' || *name == '-')
		*name = '_';
	if (!*name) {
		free(name);
		name = xstrdup("program");
	}
	return name;
}

static int make_numbered(const char *root, const char *program, char **path_out)
{
	AUTO(heap_free) char *name = plain_name(program);

	for (unsigned number = 1;; number++) {
		char *path = xasprintf("%s/%s-%u", root, name, number);
		int err;

		if (!mkdir(path, 0777)) {
			*path_out = path;
			return 0;
		}
		err = -errno;
		if (err != -EEXIST) {
			err = report(err, "make the trace directory %s (set "
					  "REEL_TRACES to another, or use -o)",
				     path);
			free(path);
			return err;
		}
		free(path);
	}
}

int trace_path_for_file(const char *file, char **path_out)
{
	AUTO(heap_free) char *root = NULL;
	AUTO(heap_free) char *name = plain_name(file);
	char *dot = strrchr(name, '.');
	int err = trace_root(&root);

	if (!err)
		err = make_root(root);
	if (err)
		return err;
	if (dot && dot != name)
		*dot = '\0';
	/* These two names have a meaning there. */
	if (!strcmp(name, "latest") || !strcmp(name, "store"))
		*name = '_';
	*path_out = xasprintf("%s/%s", root, name);
	for (unsigned number = 1; access(*path_out, F_OK) == 0; number++) {
		free(*path_out);
		*path_out = xasprintf("%s/%s-%u", root, name, number);
	}
	return 0;
}

/* The shared store is a convenience: a trace can do without. */
static void find_store(const char *root, struct new_trace *trace)
{
	char *store = xasprintf("%s/store", root);

	if (!mkdir(store, 0777) || errno == EEXIST)
		trace->store = store;
	else
		free(store);
}

static int reserve_given(const char *path, struct new_trace *trace)
{
	AUTO(heap_free) char *root = NULL;

	if (mkdir(path, 0777)) {
		if (errno == EEXIST)
			return report(-EEXIST, "make the trace directory %s "
				      "(remove it, or give another to -o)",
				      path);
		return report(-errno, "make the trace directory %s", path);
	}
	trace->path = xstrdup(path);
	if (find_root(&root) && !make_directories(root))
		find_store(root, trace);
	return 0;
}

int new_trace_reserve(const char *path, const char *program,
		      struct new_trace *trace_out)
{
	AUTO(heap_free) char *root = NULL;
	int err;

	memset(trace_out, 0, sizeof(*trace_out));
	if (path)
		return reserve_given(path, trace_out);
	err = trace_root(&root);
	if (!err)
		err = make_root(root);
	if (!err)
		err = make_numbered(root, program, &trace_out->path);
	if (err)
		return err;
	find_store(root, trace_out);
	trace_out->link = xasprintf("%s/latest", root);
	return 0;
}

/* A link made under another name and renamed: it is there at any moment. */
static void point_link(const char *link, const char *target)
{
	AUTO(heap_free) char *fresh = xasprintf("%s.%d", link, getpid());

	if (symlink(target, fresh)) {
		warn("%s was not updated: %s", link, strerror(errno));
	} else if (rename(fresh, link)) {
		warn("%s was not updated: %s", link, strerror(errno));
		unlink(fresh);
	}
}

void new_trace_publish(struct new_trace *trace)
{
	char former[PATH_MAX];
	ssize_t length;

	if (!trace->link)
		return;
	trace->is_published = 1;
	length = readlink(trace->link, former, sizeof(former) - 1);
	if (length > 0) {
		former[length] = '\0';
		trace->former_latest = xstrdup(former);
	}
	point_link(trace->link, strrchr(trace->path, '/') + 1);
}

void new_trace_remove(struct new_trace *trace)
{
	remove_tree(trace->path);
	if (!trace->is_published)
		return;
	if (trace->former_latest)
		point_link(trace->link, trace->former_latest);
	else
		unlink(trace->link);
}

void new_trace_deinit(struct new_trace *trace)
{
	free(trace->path);
	free(trace->store);
	free(trace->link);
	free(trace->former_latest);
	memset(trace, 0, sizeof(*trace));
}

static int remove_one(const char *path, const struct stat *status, int kind,
		      struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	if (remove(path) && errno != ENOENT)
		return report(-errno, "remove %s", path);
	return 0;
}

int remove_tree(const char *path)
{
	int err = nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	if (err == -1)
		return report(-errno, "remove %s", path);
	return err;
}

/* nftw() has no context for its visitor. */
static struct trace_size walked_size;
static size_t walked_prefix;

static int add_size(const char *path, const struct stat *status, int kind,
		    struct FTW *walk)
{
	static const char objects[] = "/objects/";

	(void)walk;
	if (kind != FTW_F)
		return 0;
	if (!strncmp(path + walked_prefix, objects, sizeof(objects) - 1))
		walked_size.snapshots += (uint64_t)status->st_size;
	else
		walked_size.events += (uint64_t)status->st_size;
	return 0;
}

int trace_size(const char *path, struct trace_size *size_out)
{
	AUTO(heap_free) char *real = realpath(path, NULL);

	walked_size = (struct trace_size){ 0 };
	if (!real)
		return report(-errno, "find %s", path);
	walked_prefix = strlen(real);
	if (nftw(real, add_size, 32, FTW_PHYS))
		return report(-errno, "read directory %s", real);
	*size_out = walked_size;
	return 0;
}
