/* SPDX-License-Identifier: MIT */
/* inotify: names, moves with cookies, a blocking reader, removal. */
#include <sys/inotify.h>

#include "tracee.h"

int main(void)
{
	static char block[4096] __attribute__((aligned(8)));
	int fd = sys(inotify_init1(IN_CLOEXEC)), watch;
	pid_t child;
	ssize_t n;

	scratch();
	watch = sys(inotify_add_watch(
		fd, ".", IN_CREATE | IN_MOVE | IN_DELETE | IN_CLOSE_WRITE));
	child = sys(fork());
	if (child == 0) {
		sleep_ms(5);
		close(make_file("one", "x", 1, 0600));
		sys(rename("one", "two"));
		sys(unlink("two"));
		_exit(0);
	}
	n = sys(read(fd, block, sizeof(block)));
	await_exit(child, 0);
	sys(fcntl(fd, F_SETFL, O_NONBLOCK));
	for (ssize_t more; (more = read(fd, block + n, 2048)) > 0;)
		n += more;
	for (ssize_t at = 0; at < n;) {
		struct inotify_event *event = (void *)(block + at);

		say("mask %#x cookie %d %s\n", event->mask, event->cookie,
		    event->len ? event->name : "");
		at += sizeof(*event) + event->len;
	}
	sys(inotify_rm_watch(fd, watch));
	check(read(fd, block, sizeof(block)) > 0);
	return success();
}
