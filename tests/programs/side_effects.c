/* SPDX-License-Identifier: MIT */
/*
 * Leaves marks on the world: files, a signal to a process, a message to a
 * socket.  The test of the sandbox names them: DIRECTORY PID SOCKET.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include "tracee.h"

static struct sockaddr_un name = { .sun_family = AF_UNIX };

static void leave_marks(pid_t victim)
{
	int fd = sys(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	pid_t child;

	close(make_file("made", "by side_effects\n", 16, 0600));
	sys(mkdir("directory", 0700));
	sys(unlink("doomed"));
	sys(rename("old", "new"));
	sys(truncate("new", 100000));
	sys(kill(victim, SIGTERM));
	check(sendto(fd, "mark", 4, 0, (void *)&name, sizeof(name)) == 4);
	child = sys(fork());
	if (child == 0) {
		close(make_file("made by a child", "x", 1, 0600));
		execl("/bin/touch", "touch", "touched", NULL);
		_exit(1);
	}
	await_exit(child, 0);
}

int main(int argc, char **argv)
{
	int fd, waiting = argc == 1;
	pid_t victim;

	if (waiting) {
		scratch();
		strcpy(name.sun_path, "socket");
		fd = sys(socket(AF_UNIX, SOCK_DGRAM, 0));
		sys(bind(fd, (void *)&name, sizeof(name)));
		close(make_file("doomed", "", 0, 0600));
		close(make_file("old", "", 0, 0600));
		victim = sys(fork());
		if (victim == 0)
			for (;;)
				pause();
	} else {
		check(argc == 4);
		sys(chdir(argv[1]));
		victim = atoi(argv[2]);
		strcpy(name.sun_path, argv[3]);
	}
	leave_marks(victim);
	if (waiting)
		await_signal(victim, SIGTERM);
	return success();
}
