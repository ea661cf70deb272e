/* SPDX-License-Identifier: MIT */
/* A script on disk whose interpreter is a memfd, by /proc/PID/fd/N. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	char text[128];
	int fd;

	if (argc > 1) {
		say("interpreter got %s\n", argv[1]);
		say_image("interpreter");
		return 39;
	}
	scratch();
	fd = memfd_executable("interpreter", MFD_CLOEXEC);
	copy_self(fd);
	snprintf(text, sizeof(text), "#!/proc/%d/fd/%d\n", getpid(), fd);
	close(make_file("script", text, strlen(text), 0755));
	pid_t child = sys(fork());

	if (child == 0) {
		execl("./script", "script", NULL);
		_exit(errno);
	}
	await_exit(child, 39);
	return success();
}
