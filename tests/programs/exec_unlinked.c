/* SPDX-License-Identifier: MIT */
/* The executed file was unlinked before, or is unlinked while it runs. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	int fd;
	pid_t child;

	if (argc > 1) {
		if (!strcmp(argv[1], "unlink"))
			sys(unlink("program"));
		say_image(argv[1]);
		return 44;
	}
	scratch();
	fd = make_file("program", "", 0, 0755);
	copy_self(fd);
	close(fd);
	child = sys(fork());
	if (child == 0) {
		execl("./program", "program", "unlink", NULL);
		_exit(99);
	}
	await_exit(child, 44);
	fd = make_file("program", "", 0, 0755);
	copy_self(fd);
	close(fd);
	fd = sys(open("program", O_RDONLY | O_CLOEXEC));
	sys(unlink("program"));
	check(run_fd(fd, "gone before") == 44);
	return success();
}
