/* SPDX-License-Identifier: MIT */
/* reel doctor. */
#include <stdio.h>
#include <stdlib.h>

#include "src/commands.h"
#include "src/machine.h"

static const char *const grades[] = {
	[MACHINE_OK] = "ok",
	[MACHINE_WARN] = "warn",
	[MACHINE_FAIL] = "FAIL",
};

static int run(const struct command *command, int argc, char **argv)
{
	int first = options_parse(command, argc, argv, NULL);
	int failed = 0;

	if (first < 0)
		return options_exit_status(command, first);
	for (const struct machine_check *check = machine_checks; check->name;
	     check++) {
		struct machine_finding finding;

		fflush(stdout); /* or a child would print it again */
		finding = check->run();
		printf("%-4s  %-16s %s\n", grades[finding.grade], check->name,
		       finding.text);
		free(finding.text);
		failed += finding.grade == MACHINE_FAIL;
	}
	puts(failed ? "This machine cannot record: see FAIL above." :
		      "This machine can record.");
	return failed ? command->failure : 0;
}

const struct command command_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "Say whether this machine can record, and if not, why",
	.details = "Each line is ok, warn (reel works, with a remark) or FAIL, "
		   "and says what to do.\n"
		   "The exit status is 1 when recording is impossible.",
	.example = "  reel doctor",
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.run = run,
};
