/* SPDX-License-Identifier: MIT */
/*
 * Somebody outside sends signals at random times.
 *
 * levels: O0 O2
 * outside: USR1 USR2 RTMIN
 */
#include "strike.h"

int main(void)
{
	uint64_t value = 1;
	int fd;

	strikes_wanted = from_environment("STRIKES", strikes_wanted) / 2;
	handle_info(SIGUSR1, strike, SA_RESTART);
	handle_info(SIGUSR2, strike, SA_RESTART);
	handle_info(SIGRTMIN, strike, SA_RESTART);
	fd = sys(open("pid", O_WRONLY | O_CREAT, 0666));
	dprintf(fd, "%d\n", getpid());
	close(fd);
	while (!strikes_over) {
		value = value * 6364136223846793005 + 1;
		progress++;
	}
	handle_flags(SIGUSR1, SIG_IGN, 0);
	handle_flags(SIGUSR2, SIG_IGN, 0);
	handle_flags(SIGRTMIN, SIG_IGN, 0);
	strikes_print();
	say("%llu\n", (unsigned long long)value);
	return success();
}
