/* SPDX-License-Identifier: MIT */
/* reel read: the memory of a process at an event. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/command_inspect.h"
#include "src/commands.h"
#include "traces/report.h"

#define PIECE 65536u /* a multiple of a line */
#define LINE 16u

struct read_values {
	struct inspection inspection;
	int is_raw;
};

static const struct option_row rows[] = {
	{ "raw", 0, NULL, "write the bytes themselves to stdout" },
	INSPECTION_PID,
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	struct read_values *values = context;

	if (!strcmp(option->name, "raw")) {
		values->is_raw = 1;
		return 0;
	}
	return inspection_set_option(&values->inspection, option, argument);
}

static void print_line(uint64_t address, const uint8_t *bytes, size_t length)
{
	printf("%016" PRIx64 " ", address);
	for (size_t i = 0; i < LINE; i++) {
		fputs(i == LINE / 2 ? " " : "", stdout);
		if (i < length)
			printf(" %02x", bytes[i]);
		else
			fputs("   ", stdout);
	}
	fputs("  |", stdout);
	for (size_t i = 0; i < length; i++)
		putchar(bytes[i] >= ' ' && bytes[i] < 0x7f ? bytes[i] : '.');
	puts("|");
}

static void print_bytes(uint64_t address, const uint8_t *bytes, size_t length,
			int is_raw)
{
	if (is_raw) {
		fwrite(bytes, 1, length, stdout);
		return;
	}
	for (size_t i = 0; i < length; i += LINE)
		print_line(address + i, bytes + i,
			   length - i < LINE ? length - i : LINE);
}

static int print_memory(const struct read_values *values,
			struct replay_task *task, uint64_t address,
			uint64_t length)
{
	struct memory *memory = inspect_shown_memory(task);
	static uint8_t bytes[PIECE];

	while (length) {
		size_t wanted = length < PIECE ? (size_t)length : PIECE;
		size_t got = memory->read(memory, address, bytes, wanted);

		print_bytes(address, bytes, got, values->is_raw);
		address += got;
		length -= got;
		if (got < wanted)
			return report(-EFAULT, "event %" PRIu64 ": no memory "
				      "can be read at %#" PRIx64,
				      values->inspection.event, address);
		if (ferror(stdout))
			return -EIO; /* main() says so */
	}
	return 0;
}

static int read_memory(struct read_values *values, char **operands)
{
	struct replay_task *task;
	uint64_t address, length;
	int err = inspection_number("address", operands[2], &address);

	if (!err)
		err = inspection_number("length", operands[3], &length);
	if (!err && address + length < address)
		err = report(-ERANGE, "%s bytes from %s on", operands[3],
			     operands[2]);
	if (!err && values->is_raw && isatty(STDOUT_FILENO))
		err = report(-EINVAL, "raw bytes are not for a terminal");
	if (!err)
		err = inspection_begin(&values->inspection, operands[0],
				       operands[1]);
	if (!err)
		err = inspection_task(&values->inspection, &task);
	return err ? err : print_memory(values, task, address, length);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct read_values values = { 0 };
	int first = options_parse(command, argc, argv, &values);
	int err;

	if (first < 0)
		return options_exit_status(command, first);
	err = read_memory(&values, argv + first);
	inspection_end(&values.inspection);
	return err ? command->failure : 0;
}

const struct command command_read = {
	.name = "read",
	.operands = "TRACE EVENT ADDRESS LENGTH",
	.least = 4,
	.most = 4,
	.summary = "Print memory of a process at an event, in hexadecimal",
	.details = inspection_details,
	.example = "  reel read latest 1234 0x7fffffffe000 256\n"
		   "  reel read --raw latest 1234 0x555555554000 4096 >page",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
