/* SPDX-License-Identifier: MIT */
/* reel disasm: the instructions where a task stands. */
#include <stdio.h>

#include "src/command_inspect.h"
#include "src/commands.h"

static const struct option_row rows[] = {
	INSPECTION_PID,
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	return inspection_set_option(context, option, argument);
}

static int print_code(struct inspection *inspection, char **operands)
{
	struct replay_task *task;
	int err = inspection_begin(inspection, operands[0], operands[1]);

	if (!err)
		err = inspection_task(inspection, &task);
	if (!err)
		err = inspection_print_event(inspection, inspection->event);
	return err ? err : inspect_print(inspection->replayer, task, stdout,
					 INSPECT_CODE);
}

static int run(const struct command *command, int argc, char **argv)
{
	return inspection_run(command, argc, argv, print_code);
}

const struct command command_disasm = {
	.name = "disasm",
	.operands = "TRACE EVENT",
	.least = 2,
	.most = 2,
	.summary = "Print the instructions around the place of a task",
	.details = inspection_details,
	.example = "  reel disasm latest 1234",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
