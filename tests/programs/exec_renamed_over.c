/* SPDX-License-Identifier: MIT */
/* Another file took the executed one's name: content, not name, counts. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	const char *text = "#!/bin/sh\nexit 2\n";
	int fd;

	if (argc > 1) {
		if (!strcmp(argv[1], "swap"))
			sys(rename("other", "program"));
		say_image("child");
		return 45;
	}
	scratch();
	fd = make_file("program", "", 0, 0755);
	copy_self(fd);
	close(fd);
	close(make_file("other", text, strlen(text), 0755));
	fd = sys(open("program", O_RDONLY | O_CLOEXEC));
	check(run_fd(fd, "swap") == 45);
	check(run_fd(fd, "again") == 45);
	return success();
}
