/* SPDX-License-Identifier: MIT */
/* The shell through system(3) and popen(3). */
#include "tracee.h"

int main(void)
{
	char line[128] = "";
	FILE *pipe;

	check(WEXITSTATUS(system("exit 5")) == 5);
	pipe = popen("echo shell $$", "r");
	check(pipe && fgets(line, sizeof(line), pipe));
	check(pclose(pipe) == 0);
	say("%s", line);
	pipe = popen("cat", "w");
	check(pipe && fputs("through cat\n", pipe) >= 0);
	check(pclose(pipe) == 0);
	return success();
}
