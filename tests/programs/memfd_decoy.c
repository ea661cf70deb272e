/* SPDX-License-Identifier: MIT */
/* A real file has exactly the name that the memfd's link shows. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	const char *text = "#!/bin/sh\nexit 1\n";
	const char *decoy = "/memfd:decoy (deleted)";
	int fd, made;

	(void)argv;
	if (argc > 1) {
		say_image("child");
		return 41;
	}
	fd = memfd_executable("decoy", MFD_CLOEXEC);
	copy_self(fd);
	made = open(decoy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (made >= 0) {
		put(made, text, strlen(text));
		close(made);
	} else {
		say("no decoy in /: errno %d\n", errno);
	}
	int status = run_fd(fd, "child");

	if (made >= 0)
		unlink(decoy);
	check(status == 41);
	return success();
}
