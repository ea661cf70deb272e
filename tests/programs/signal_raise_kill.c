/* SPDX-License-Identifier: MIT */
/* raise, kill, tgkill, sigqueue to itself: codes, senders and values. */
#include "tracee.h"

static volatile siginfo_t last;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	*(siginfo_t *)&last = *info;
}

int main(void)
{
	union sigval value = { .sival_ptr = (void *)0x1234567890 };

	handle_info(SIGUSR1, handler, 0);
	sys(kill(getpid(), SIGUSR1));
	check(last.si_code == SI_USER && last.si_pid == getpid());
	sys(raise(SIGUSR1));
	check(last.si_code == SI_TKILL && last.si_uid == getuid());
	sys(syscall(SYS_tkill, my_tid(), SIGUSR1));
	check(last.si_code == SI_TKILL);
	sys(sigqueue(getpid(), SIGUSR1, value));
	check(last.si_code == SI_QUEUE);
	check(last.si_value.sival_ptr == value.sival_ptr);
	sys(kill(0, 0));
	fails(kill(getpid(), 99), EINVAL);
	fails(syscall(SYS_tgkill, getpid(), 0x3fffffff, 0), ESRCH);
	return success();
}
