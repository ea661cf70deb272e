/* SPDX-License-Identifier: MIT */
/* timerfd: one shot, interval, counts of missed ticks, gettime. */
#include <sys/timerfd.h>

#include "tracee.h"

int main(void)
{
	struct itimerspec every = { { 0, 2000000 }, { 0, 2000000 } }, left;
	int fd = sys(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
	struct pollfd wait = { fd, POLLIN, 0 };
	uint64_t ticks, total = 0;

	sys(timerfd_settime(fd, 0, &every, NULL));
	for (int i = 0; i < 4; i++) {
		check(read(fd, &ticks, 8) == 8 && ticks >= 1);
		total += ticks;
		sleep_ms(i);
	}
	sys(timerfd_gettime(fd, &left));
	say("%llu ticks, %ld ns left\n", (long long)total,
	    left.it_value.tv_nsec);
	every.it_interval.tv_nsec = 0;
	sys(timerfd_settime(fd, 0, &every, &left));
	check(left.it_interval.tv_nsec == 2000000);
	check(poll(&wait, 1, 1000) == 1);
	return success();
}
