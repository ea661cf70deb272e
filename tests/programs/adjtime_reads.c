/* SPDX-License-Identifier: MIT */
/* adjtimex and clock_adjtime fill a large structure. */
#include <sys/timex.h>

#include "tracee.h"

int main(void)
{
	struct timex state = { .modes = 0 };
	int result = adjtimex(&state);

	if (result < 0)
		skip("adjtimex: errno %d", errno);
	say("state %d, offset %ld, freq %ld, tick %ld, %ld.%06ld\n", result,
	    state.offset, state.freq, state.tick, (long)state.time.tv_sec,
	    (long)state.time.tv_usec);
	state.modes = 0;
	sys(clock_adjtime(CLOCK_REALTIME, &state));
	return success();
}
