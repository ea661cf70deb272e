/* SPDX-License-Identifier: MIT */
/* open, openat, openat2, stat, lstat, fstat, fstatat, statx, access. */
#include <linux/openat2.h>
#include <sys/sysmacros.h>

#include "tracee.h"

static void show(const char *what, const struct stat *status)
{
	say("%s: inode %ld size %ld mode %o changed %ld.%09ld\n", what,
	    (long)status->st_ino, (long)status->st_size, status->st_mode,
	    status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
}

int main(void)
{
	struct open_how how = { .flags = O_RDONLY,
				.resolve = RESOLVE_NO_SYMLINKS };
	struct stat status;
	struct statx wide;
	int fd, directory;

	scratch();
	fd = make_file("file", "content", 7, 0640);
	sys(symlink("file", "link"));
	sys(stat("link", &status));
	show("stat", &status);
	sys(lstat("link", &status));
	show("lstat", &status);
	sys(fstat(fd, &status));
	show("fstat", &status);
	directory = sys(open(".", O_RDONLY | O_DIRECTORY));
	sys(fstatat(directory, "link", &status, AT_SYMLINK_NOFOLLOW));
	show("fstatat", &status);
	sys(statx(directory, "file", 0, STATX_ALL, &wide));
	say("statx: mask %x inode %lld born %lld dev %d:%d\n", wide.stx_mask,
	    (long long)wide.stx_ino, (long long)wide.stx_btime.tv_sec,
	    wide.stx_dev_major, wide.stx_dev_minor);
	sys(fstatat(fd, "", &status, AT_EMPTY_PATH));
	fd = syscall(SYS_openat2, directory, "link", &how, sizeof(how));
	check(fd < 0 && (errno == ELOOP || errno == ENOSYS));
	fails(open("missing", O_RDONLY), ENOENT);
	fails(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
	fails(open("file", O_RDONLY | O_CREAT | O_EXCL, 0600), EEXIST);
	sys(faccessat(directory, "file", R_OK, 0));
	fails(access("missing", F_OK), ENOENT);
	return success();
}
