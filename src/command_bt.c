/* SPDX-License-Identifier: MIT */
/* reel bt: backtraces without a debugger. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "src/command_inspect.h"
#include "src/command_writes.h"
#include "src/commands.h"
#include "src/syscall_table.h"
#include "traces/report.h"

struct bt_values {
	struct inspection inspection;
	int is_all;
	const char *snapshot; /* --writes */
};

static const struct option_row rows[] = {
	{ "all", 'a', NULL, "all tasks that live at the event" },
	INSPECTION_PID,
	{ "writes", 0, "SNAPSHOT",
	  "who filled this memfd: the calls that wrote to it before it\n"
	  "was used so, and stores through mappings (no EVENT)" },
	INSPECTION_DEBUG_FILES,
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	struct bt_values *values = context;

	if (!strcmp(option->name, "all")) {
		values->is_all = 1;
		return 0;
	}
	if (!strcmp(option->name, "writes")) {
		values->snapshot = argument;
		return 0;
	}
	return inspection_set_option(&values->inspection, option, argument);
}

static int print_task(struct replayer *replayer, struct replay_task *task)
{
	struct inspect_task about = inspect_describe(task);

	printf("process %d, thread %d", about.tgid, about.tid);
	if (about.call >= 0)
		printf(", inside %s", syscall_name(about.call));
	printf(":\n");
	return inspect_print(replayer, task, stdout, INSPECT_BACKTRACE);
}

static int print_all(struct replayer *replayer)
{
	struct replay_task *task = NULL;
	int err = 0;

	while (!err && (task = inspect_next(replayer, task)))
		err = print_task(replayer, task);
	return err;
}

static int print_backtraces(struct bt_values *values, char **operands)
{
	struct inspection *inspection = &values->inspection;
	struct replay_task *task;
	int err = inspection_begin(inspection, operands[0], operands[1]);

	if (!err && !values->is_all)
		err = inspection_task(inspection, &task);
	if (!err)
		err = inspection_print_event(inspection, inspection->event);
	if (err)
		return err;
	return values->is_all ? print_all(inspection->replayer) :
				print_task(inspection->replayer, task);
}

/* 0, or what is wrong has been said. */
static int check_options(const struct bt_values *values, int operands)
{
	if (!values->snapshot && operands < 2)
		return report(1, "bt: an operand is missing: EVENT (see reel "
			      "bt --help)");
	if (values->snapshot && operands > 1)
		return report(1, "bt: --writes wants no EVENT");
	if (!!values->snapshot + values->is_all + !!values->inspection.pid > 1)
		return report(1, "bt: --all, --pid and --writes exclude each "
			      "other");
	return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct bt_values values = { 0 };
	int first = options_parse(command, argc, argv, &values);
	int err;

	if (first < 0)
		return options_exit_status(command, first);
	if (check_options(&values, argc - first))
		return command->usage;
	err = values.snapshot ?
		print_writes(&values.inspection, argv[first],
			     values.snapshot) :
		print_backtraces(&values, argv + first);
	inspection_end(&values.inspection);
	return err ? command->failure : 0;
}

const struct command command_bt = {
	.name = "bt",
	.operands = "TRACE EVENT",
	.least = 1,
	.most = 2,
	.summary = "Print the backtrace of a task at an event",
	.details = inspection_details,
	.example = "  reel bt latest 1234\n"
		   "  reel bt --all make-3 1234\n"
		   "  reel bt --writes payload latest",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
