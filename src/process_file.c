/* SPDX-License-Identifier: MIT */
#include "src/process_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/process_status.h"

#define CAPABILITY_WORDS _LINUX_CAPABILITY_U32S_3

struct identity {
	uid_t uid;
	gid_t gid;
	struct __user_cap_data_struct capabilities[CAPABILITY_WORDS];
};

/* The calls are those of this thread alone. */
static int set_capabilities(const struct identity *identity)
{
	struct __user_cap_header_struct header = {
		_LINUX_CAPABILITY_VERSION_3, 0
	};

	return (int)syscall(SYS_capset, &header, identity->capabilities);
}

static int get_capabilities(struct identity *identity)
{
	struct __user_cap_header_struct header = {
		_LINUX_CAPABILITY_VERSION_3, 0
	};

	return (int)syscall(SYS_capget, &header, identity->capabilities);
}

/* One user and one group, or it can't be looked into by any. */
static int identity_of(const char *path, struct identity *identity)
{
	struct process_status status;
	int tid;

	if (sscanf(path, "/proc/%d/", &tid) != 1 ||
	    process_status_read(tid, &status))
		return -1;
	for (int i = 1; i < 3; i++)
		if (status.uids[i] != status.uids[0] ||
		    status.gids[i] != status.gids[0])
			return -1;
	identity->uid = status.uids[0];
	identity->gid = status.gids[0];
	return 0;
}

static void leave(const struct identity *own)
{
	syscall(SYS_setfsuid, own->uid);
	syscall(SYS_setfsgid, own->gid);
	set_capabilities(own);
}

/*
 * Another user's file system identity takes the capabilities that have to do
 * with files away; the kernel wants to see all that the other may have.
 */
static int enter(const char *path, struct identity *own)
{
	struct identity other;

	if (identity_of(path, &other) || get_capabilities(own))
		return -1;
	own->gid = (gid_t)syscall(SYS_setfsgid, other.gid);
	own->uid = (uid_t)syscall(SYS_setfsuid, other.uid);
	if ((uid_t)syscall(SYS_setfsuid, other.uid) == other.uid &&
	    (gid_t)syscall(SYS_setfsgid, other.gid) == other.gid &&
	    !set_capabilities(own))
		return 0;
	leave(own);
	return -1;
}

/* After a failure: 1 when it is worth a second try, under its identity. */
static int may_retry(const char *path, struct identity *own)
{
	static int is_trying; /* to find out who it is needs files, too */
	int error = errno, is_worth = 0;

	if ((error == EACCES || error == EPERM) && !is_trying) {
		is_trying = 1;
		is_worth = !enter(path, own);
		is_trying = 0;
	}
	errno = error;
	return is_worth;
}

int process_open(const char *path, int flags)
{
	struct identity own;
	int error, fd = open(path, flags);

	if (fd >= 0 || !may_retry(path, &own))
		return fd;
	fd = open(path, flags);
	error = errno;
	leave(&own);
	errno = error;
	return fd;
}

ssize_t process_readlink(const char *path, char *text, size_t room)
{
	ssize_t got = readlink(path, text, room);
	struct identity own;
	int error;

	if (got >= 0 || !may_retry(path, &own))
		return got;
	got = readlink(path, text, room);
	error = errno;
	leave(&own);
	errno = error;
	return got;
}

/*
 * As the kernel has it.  A server (FUSE) is not asked: it may be a recorded
 * process, which does not run meanwhile.
 */
static int stat_locally(const char *path, struct stat *status_out)
{
	return fstatat(AT_FDCWD, path, status_out, AT_STATX_DONT_SYNC);
}

int process_stat(const char *path, struct stat *status_out)
{
	int error, failed = stat_locally(path, status_out);
	struct identity own;

	if (!failed || !may_retry(path, &own))
		return failed;
	failed = stat_locally(path, status_out);
	error = errno;
	leave(&own);
	errno = error;
	return failed;
}
