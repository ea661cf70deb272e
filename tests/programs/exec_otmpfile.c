/* SPDX-License-Identifier: MIT */
/* An O_TMPFILE file is executed: through O_PATH, and while open: ETXTBSY. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	char path[64];
	int fd, again;

	(void)argv;
	if (argc > 1) {
		say_image("child");
		return 43;
	}
	fd = open(scratch(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0755);
	if (fd < 0)
		skip("O_TMPFILE: errno %d", errno);
	copy_self(fd);
	check(run_fd(fd, "child") == ETXTBSY);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = sys(open(path, O_PATH | O_CLOEXEC));
	close(fd);
	check(run_fd(again, "child") == 43);
	return success();
}
