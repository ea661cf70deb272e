/* SPDX-License-Identifier: MIT */
/* Memfds that cannot run: mode 0666, empty, text, a writer elsewhere. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	char path[64];
	int fd, writer;

	(void)argv;
	if (argc > 1)
		return 36;
	fd = memfd_executable("mode", MFD_CLOEXEC);
	check(run_fd(fd, "child") == ENOEXEC);
	put(fd, "hello", 5);
	check(run_fd(fd, "child") == ENOEXEC);
	sys(ftruncate(fd, 0));
	sys(lseek(fd, 0, SEEK_SET));
	copy_self(fd);
	sys(fchmod(fd, 0666));
	check(run_fd(fd, "child") == EACCES);
	sys(fchmod(fd, 0755));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	writer = sys(open(path, O_RDWR | O_CLOEXEC));
	check(run_fd(fd, "child") == ETXTBSY);
	close(writer);
	check(run_fd(fd, "child") == 36);
	return success();
}
