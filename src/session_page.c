/* SPDX-License-Identifier: MIT */
#include "src/session_page.h"

#include <errno.h>
#include <sys/mman.h>

#include "traces/report.h"

int refuse_inside_recording(void)
{
	unsigned char is_resident;

	if (mincore((void *)SESSION_PAGE, 1, &is_resident))
		return 0;
	report(0, "this process is being recorded: reel neither records nor "
	       "replays inside a recording (docs/limits.md)");
	return -EBUSY;
}
