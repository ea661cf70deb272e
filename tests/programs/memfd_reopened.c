/* SPDX-License-Identifier: MIT */
/* A memfd executed through read-only and O_PATH descriptors of it. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	char path[64];
	int fd, again;

	(void)argv;
	if (argc > 1) {
		say_image("child");
		return 37;
	}
	fd = memfd_executable("reopened", MFD_CLOEXEC);
	copy_self(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = sys(open(path, O_RDONLY | O_CLOEXEC));
	check(run_fd(again, "child") == 37);
	close(again);
	again = sys(open(path, O_PATH | O_CLOEXEC));
	close(fd);
	check(run_fd(again, "child") == 37);
	check(run_path("/proc/self/fd/%d", again) == 37);
	return success();
}
