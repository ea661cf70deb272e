/* SPDX-License-Identifier: MIT */
/* execveat relative to a directory, and refusing symlinks when told to. */
#include "tracee.h"

int main(int argc, char **argv)
{
	char *args[] = { "again", "again", NULL };
	int fd, directory;

	(void)argv;
	if (argc > 1)
		return success();
	scratch();
	fd = make_file("program", "", 0, 0755);
	copy_self(fd);
	close(fd);
	sys(symlink("program", "link"));
	directory = sys(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	sys(chdir("/"));
	fails(syscall(SYS_execveat, directory, "link", args, environ,
		      AT_SYMLINK_NOFOLLOW),
	      ELOOP);
	fails(syscall(SYS_execveat, directory, "none", args, environ, 0),
	      ENOENT);
	pid_t child = sys(fork());

	if (child == 0) {
		syscall(SYS_execveat, directory, "link", args, environ, 0);
		_exit(99);
	}
	await_exit(child, 0);
	return success();
}
