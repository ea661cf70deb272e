/* SPDX-License-Identifier: MIT */
/* reel maps: the mappings of a process at an event. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "src/command_inspect.h"
#include "src/commands.h"
#include "src/decode_text.h"

#define NAME_COLUMN 73 /* as the kernel does */

static const struct option_row rows[] = {
	INSPECTION_PID,
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	return inspection_set_option(context, option, argument);
}

static void print_map(const struct code_map *map,
		      const struct inspect_map *more, struct text *text)
{
	text_cut(text, 0);
	text_format(text, "%08" PRIx64 "-%08" PRIx64 " %c%c%c%c %08" PRIx64
		    " %02x:%02x %" PRIu64 " ", map->start, map->end,
		    map->protection & PROT_READ ? 'r' : '-',
		    map->protection & PROT_WRITE ? 'w' : '-',
		    map->protection & PROT_EXEC ? 'x' : '-',
		    more->is_shared ? 's' : 'p', map->offset,
		    major(more->device), minor(more->device), more->inode);
	if (map->name && *map->name) {
		while (text->length < NAME_COLUMN)
			text_add(text, " ");
		text_escape(text, map->name, strlen(map->name));
	}
	puts(text_string(text));
}

static int print_maps(struct inspection *inspection, char **operands)
{
	struct replay_task *task;
	struct inspect_maps maps;
	struct text text = { 0 };
	int err = inspection_begin(inspection, operands[0], operands[1]);

	if (!err)
		err = inspection_task(inspection, &task);
	if (!err)
		err = inspect_maps_read(inspection->replayer, task, &maps);
	if (err)
		return err;
	for (size_t i = 0; i < maps.count; i++)
		print_map(&maps.code[i], &maps.maps[i], &text);
	text_deinit(&text);
	inspect_maps_deinit(&maps);
	return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
	return inspection_run(command, argc, argv, print_maps);
}

const struct command command_maps = {
	.name = "maps",
	.operands = "TRACE EVENT",
	.least = 2,
	.most = 2,
	.summary = "Print the mappings of a process at an event",
	.details = inspection_details,
	.example = "  reel maps latest 1234",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
