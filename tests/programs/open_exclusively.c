/* SPDX-License-Identifier: MIT */
/* With O_CREAT and O_EXCL a file is made, and none is opened that was there. */
#include "tracee.h"

#define TIMES 10 /* the later calls make no stop */

static void check_kept(const char *path)
{
	char text[8] = "";
	int fd = sys(open(path, O_RDONLY));

	check(read(fd, text, sizeof(text)) == 4 && !strcmp(text, "kept"));
	sys(close(fd));
}

static void try_once(void)
{
	const int make = O_RDWR | O_CREAT | O_EXCL;
	struct stat status;
	int fd = sys(open("new", make | O_TRUNC, 0640));

	sys(fstat(fd, &status));
	say("made with mode %o, inode %ld\n", status.st_mode,
	    (long)status.st_ino);
	put(fd, "mine", 4);
	sys(close(fd));
	fails(open("new", make, 0640), EEXIST);
	sys(unlink("new"));
	fails(open("file", make | O_TRUNC, 0600), EEXIST);
	check_kept("file");
	/* It would wait for a writer, or be one that nobody waits for. */
	fails(open("fifo", O_RDONLY | O_CREAT | O_EXCL, 0600), EEXIST);
	fails(openat(AT_FDCWD, "fifo", make | O_NONBLOCK, 0600), EEXIST);
	fails(open("nowhere", make, 0600), EEXIST);
	fails(open("to-file", make | O_TRUNC, 0600), EEXIST);
	fails(open(".", O_RDONLY | O_CREAT | O_EXCL, 0600), EEXIST);
	fails(open("missing/new", make, 0600), ENOENT);
	fails(open("file/new", make, 0600), ENOTDIR);
	fails(openat(-1, "new", make, 0600), EBADF);
	fails(open((const char *)8, make, 0600), EFAULT);
	/* Here the flags that make files count for nothing. */
	fd = sys(open("fifo", O_PATH | O_CREAT | O_EXCL));
	sys(fstat(fd, &status));
	check(S_ISFIFO(status.st_mode));
	sys(close(fd));
}

int main(void)
{
	int fd;

	scratch();
	fd = make_file("file", "kept", 4, 0640);
	sys(close(fd));
	sys(mkfifo("fifo", 0600));
	sys(symlink("elsewhere", "nowhere"));
	sys(symlink("file", "to-file"));
	for (int i = 0; i < TIMES; i++)
		try_once();
	fails(access("elsewhere", F_OK), ENOENT);
	return success();
}
