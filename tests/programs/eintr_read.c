/* SPDX-License-Identifier: MIT */
/* Without SA_RESTART a handler ends read, write, accept and wait: EINTR. */
#include <sys/socket.h>
#include <sys/un.h>

#include "tracee.h"

static volatile sig_atomic_t count;

static void handler(int number)
{
	(void)number;
	count++;
}

static void soon(void)
{
	struct itimerval value = { { 0, 10000 }, { 0, 10000 } };

	sys(setitimer(ITIMER_REAL, &value, NULL));
}

int main(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	static char block[200000];
	int ends[2], server = sys(socket(AF_UNIX, SOCK_STREAM, 0));
	pid_t child;
	ssize_t n;

	handle_flags(SIGALRM, handler, 0);
	sys(pipe(ends));
	soon();
	fails(read(ends[0], block, 1), EINTR);
	soon();
	n = write(ends[1], block, sizeof(block));
	check(n == 65536);
	soon();
	fails(write(ends[1], block, 1), EINTR);
	sys(bind(server, (void *)&name, sizeof(sa_family_t)));
	sys(listen(server, 1));
	soon();
	fails(accept(server, NULL, NULL), EINTR);
	child = sys(fork());
	if (child == 0) {
		pause();
		_exit(0);
	}
	soon();
	fails(wait(NULL), EINTR);
	check(count >= 5);
	kill(child, SIGKILL);
	await_signal(child, SIGKILL);
	return success();
}
