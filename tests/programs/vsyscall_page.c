/* SPDX-License-Identifier: MIT */
/* The legacy vsyscall page, which old static programs still call. */
#include "tracee.h"

int main(void)
{
	time_t (*get_time)(time_t *) = (void *)0xffffffffff600400;
	char line[256];
	FILE *maps = fopen("/proc/self/maps", "r");
	int found = 0;
	time_t now;

	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "[vsyscall]"))
			found = 1;
	if (!found)
		skip("no vsyscall page");
	now = get_time(NULL);
	say("time %ld\n", (long)now);
	sleep_ms(1);
	check(now > 1600000000);
	return success();
}
