/* SPDX-License-Identifier: MIT */
/*
 * Paths as a recorded task means them: from its own root and directory, in its
 * own mount namespace.  The kernel would follow an absolute symbolic link, and
 * /proc/self, for the recorder; so they are followed here, part by part.
 */
#include "src/record_served.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "src/process_file.h"
#include "traces/report.h"

#define LINK_LIMIT 40 /* as the kernel's MAXSYMLINKS */
#define PATH_ROOM 4096u
#define PROC_ROOT_INODE 1u

struct walk {
	const struct recorder *recorder;
	pid_t tid, tgid;
	int at; /* O_PATH descriptor of where we are; negative errno */
	struct stat root;
	char rest[2 * PATH_ROOM]; /* what remains to be walked */
	int links;
};

static int open_proc(pid_t tid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, name);
	fd = process_open(path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void move_to(struct walk *walk, int fd)
{
	fd_close(&walk->at);
	walk->at = fd;
}

/* Takes the first part off the rest; 0 when there is none. */
static int next_part(struct walk *walk, char part[PATH_ROOM])
{
	char *start = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(start, "/");

	if (!length)
		return 0;
	if (length >= PATH_ROOM)
		length = PATH_ROOM - 1;
	memcpy(part, start, length);
	part[length] = '\0';
	memmove(walk->rest, start + length, strlen(start + length) + 1);
	return 1;
}

static int go_up(struct walk *walk)
{
	struct stat here = { 0 };

	if (!record_is_served(walk->recorder, walk->at) &&
	    fstat(walk->at, &here))
		return -errno;
	if (here.st_dev != walk->root.st_dev ||
	    here.st_ino != walk->root.st_ino)
		move_to(walk, openat(walk->at, "..", O_PATH | O_CLOEXEC));
	return walk->at < 0 ? -errno : 0;
}

static int follow_text(struct walk *walk, int link)
{
	char text[2 * PATH_ROOM];
	ssize_t length = readlinkat(link, "", text, PATH_ROOM - 1);
	size_t rest = strlen(walk->rest);

	if (length <= 0)
		return length ? -errno : -ENOENT;
	if ((size_t)length + 1 + rest >= sizeof(walk->rest))
		return -ENAMETOOLONG;
	text[length] = '/';
	memcpy(text + length + 1, walk->rest, rest + 1);
	memcpy(walk->rest, text, (size_t)length + rest + 2);
	if (*text == '/')
		move_to(walk, open_proc(walk->tid, "root"));
	return walk->at < 0 ? walk->at : 0;
}

/* In /proc, a link leads to a process's own file, or to the process itself. */
static int follow_proc(struct walk *walk, const char *part, int link)
{
	struct stat here;

	if (fstat(walk->at, &here))
		return -errno;
	if (here.st_ino != PROC_ROOT_INODE) {
		move_to(walk, openat(walk->at, part, O_PATH | O_CLOEXEC));
		return walk->at < 0 ? -errno : 0;
	}
	if (!strcmp(part, "self"))
		move_to(walk, open_proc(walk->tgid, ""));
	else if (!strcmp(part, "thread-self"))
		move_to(walk, open_proc(walk->tid, ""));
	else
		return follow_text(walk, link);
	return walk->at < 0 ? walk->at : 0;
}

static int enter(struct walk *walk, const char *part)
{
	AUTO(fd_close) int next = -1;
	struct statfs system;
	struct stat status;

	if (record_is_served(walk->recorder, walk->at))
		return -EDEADLK;
	next = openat(walk->at, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (record_is_served(walk->recorder, next)) {
		move_to(walk, next);
		next = -1;
		return 0;
	}
	if (next < 0 || fstat(next, &status))
		return -errno;
	if (!S_ISLNK(status.st_mode)) {
		move_to(walk, next);
		next = -1;
		return 0;
	}
	if (++walk->links > LINK_LIMIT)
		return -ELOOP;
	if (!fstatfs(next, &system) && system.f_type == PROC_SUPER_MAGIC)
		return follow_proc(walk, part, next);
	return follow_text(walk, next);
}

int record_open_path(const struct recorder *recorder,
		     const struct record_task *task, int directory,
		     const char *path)
{
	struct walk walk = { recorder, task->task.tid, task->task.tgid };
	char part[PATH_ROOM], name[32];
	int err = 0;

	if (strlen(path) >= PATH_ROOM)
		return -ENAMETOOLONG;
	strcpy(walk.rest, path);
	walk.at = open_proc(walk.tid, "root");
	if (walk.at < 0)
		return walk.at;
	if (record_is_served(recorder, walk.at))
		err = -EDEADLK;
	else if (fstat(walk.at, &walk.root))
		err = -errno;
	snprintf(name, sizeof(name), "fd/%d", directory);
	if (*path != '/')
		move_to(&walk, open_proc(walk.tid, directory == AT_FDCWD ?
					 "cwd" : name));
	if (walk.at < 0)
		return walk.at;
	while (!err && next_part(&walk, part))
		err = !strcmp(part, "..") ? go_up(&walk) :
		      strcmp(part, ".") ? enter(&walk, part) : 0;
	if (!err && record_is_served(recorder, walk.at))
		err = -EDEADLK;
	if (err)
		fd_close(&walk.at);
	return err ? err : walk.at;
}

int record_open_argument(const struct recorder *recorder,
			 const struct record_task *task, int directory,
			 remote_addr addr)
{
	char path[PATH_ROOM];
	size_t length = memory_string_length(&space_of(task)->memory, addr,
					     sizeof(path));

	if (!length || address_space_read(space_of(task), addr, path, length) ||
	    path[length - 1])
		return -EFAULT;
	return record_open_path(recorder, task, directory, path);
}
