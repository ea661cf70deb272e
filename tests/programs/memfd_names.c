/* SPDX-License-Identifier: MIT */
/* Executed memfds with names of spaces, newlines, quotes and 249 bytes. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	static const char *const names[] = {
		"two words", "line\nbreak", "tab\there", "",	    "(deleted)",
		"a/b/../c",  "caf\xc3\xa9", "\xff\xfe",	 "'\"\\$`", "%s%n"
	};
	char longest[250];

	(void)argv;
	if (argc > 1) {
		say_image("child");
		return 40;
	}
	memset(longest, 'L', 249);
	longest[249] = 0;
	for (size_t i = 0; i <= sizeof(names) / sizeof(*names); i++) {
		int last = i == sizeof(names) / sizeof(*names);
		int fd = memfd_executable(last ? longest : names[i],
					  MFD_CLOEXEC);

		copy_self(fd);
		check(run_fd(fd, "child") == 40);
		close(fd);
	}
	return success();
}
