/* SPDX-License-Identifier: MIT */
#include "src/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

#define OPTIONS_LIMIT 32
#define FIRST_LONG 256 /* value of an option without a letter: plus its row */
#define HELP_COLUMN 26

static const struct option_row help_row = { "help", 'h', NULL,
					    "print this help" };

/* What getopt_long(3) wants to know, from the rows. */
struct getopt_tables {
	char letters[2 * OPTIONS_LIMIT + 4];
	struct option options[OPTIONS_LIMIT + 2];
	const struct option_row *rows[OPTIONS_LIMIT + 2];
	size_t count;
};

static void add_row(struct getopt_tables *tables, const struct option_row *row)
{
	size_t at = tables->count++;
	char *end = tables->letters + strlen(tables->letters);

	bug_unless(at <= OPTIONS_LIMIT, "too many options");
	tables->rows[at] = row;
	tables->options[at] = (struct option){
		.name = row->name,
		.has_arg = !row->argument ? no_argument :
			*row->argument == '[' ? optional_argument :
						required_argument,
		.val = FIRST_LONG + (int)at,
	};
	if (row->letter) {
		*end++ = row->letter;
		if (row->argument)
			*end++ = ':';
		*end = '\0';
	}
}

static void make_tables(const struct command *command,
			struct getopt_tables *tables)
{
	memset(tables, 0, sizeof(*tables));
	/* ':' tells a missing argument from an unknown option. */
	strcpy(tables->letters, command->order == OPTIONS_FIRST ? "+:" : ":");
	add_row(tables, &help_row);
	for (const struct option_row *row = command->options; row && row->name;
	     row++)
		add_row(tables, row);
}

static const struct option_row *find_row(const struct getopt_tables *tables,
					 int value)
{
	for (size_t i = 0; i < tables->count; i++) {
		if (value == FIRST_LONG + (int)i ||
		    value == tables->rows[i]->letter)
			return tables->rows[i];
	}
	return NULL;
}

static int complain(const struct command *command, const char *what,
		    const char *which)
{
	report(0, "%s: %s%s%s (see reel %s --help)", command->name, what,
	       *which ? " " : "", which, command->name);
	return OPTIONS_WRONG;
}

/* getopt_long() has just returned ':' or '?' for this argument. */
static int complain_option(const struct command *command, int value,
			   char **argv)
{
	const char *what = value == ':' ? "an argument is missing after" :
					  "unknown option";
	char letter[3] = { '-', (char)optopt, '\0' };

	/*
	 * optopt is the letter, or 0 or a value of ours for a long option,
	 * which then stands in the argument just passed.
	 */
	if (optopt > 0 && optopt < FIRST_LONG)
		return complain(command, what, letter);
	if (value == '?' && optopt >= FIRST_LONG)
		what = "no argument is allowed in";
	return complain(command, what, argv[optind - 1]);
}

int options_parse(const struct command *command, int argc, char **argv,
		  void *values)
{
	struct getopt_tables tables;
	const struct option_row *row;
	int value, count;

	make_tables(command, &tables);
	opterr = 0;
	optind = 0; /* GNU: forget earlier calls */
	while ((value = getopt_long(argc, argv, tables.letters, tables.options,
				    NULL)) != -1) {
		row = find_row(&tables, value);
		if (!row)
			return complain_option(command, value, argv);
		if (row == &help_row) {
			options_print_help(command);
			return OPTIONS_HELP;
		}
		if (command->set_option(values, row, optarg))
			return OPTIONS_WRONG;
	}
	count = argc - optind;
	if (count < command->least)
		return complain(command, "an operand is missing:",
				command->operands);
	if (command->most >= 0 && count > command->most)
		return complain(command, "one operand too many:",
				argv[optind + command->most]);
	return optind;
}

int options_exit_status(const struct command *command, int outcome)
{
	return outcome == OPTIONS_HELP ? 0 : command->usage;
}

static void print_row(const struct option_row *row)
{
	char left[64];
	int length;

	length = snprintf(left, sizeof(left), "  %c%c%s --%s%s%s",
			  row->letter ? '-' : ' ',
			  row->letter ? row->letter : ' ',
			  row->letter ? "," : " ", row->name,
			  row->argument && *row->argument != '[' ? "=" : "",
			  row->argument ? row->argument : "");
	if (length >= HELP_COLUMN)
		printf("%s\n%*s", left, HELP_COLUMN, "");
	else
		printf("%-*s", HELP_COLUMN, left);
	for (const char *at = row->help; *at; at++) {
		putchar(*at);
		if (*at == '\n')
			printf("%*s", HELP_COLUMN, "");
	}
	putchar('\n');
}

void options_print_help(const struct command *command)
{
	printf("Usage: reel %s [OPTION...]%s%s\n%s.\n", command->name,
	       *command->operands ? " " : "", command->operands,
	       command->summary);
	if (command->details)
		printf("\n%s\n", command->details);
	printf("\nOptions:\n");
	for (const struct option_row *row = command->options; row && row->name;
	     row++)
		print_row(row);
	print_row(&help_row);
	printf("\nExample:\n%s\n", command->example);
}

int options_number(const struct option_row *option, const char *argument,
		   uint64_t *number_out)
{
	char *end;

	errno = 0;
	*number_out = strtoull(argument, &end, 0);
	if (*argument >= '0' && *argument <= '9' && !*end && !errno)
		return 0;
	report(0, "--%s: '%s' is not a number", option->name, argument);
	return -EINVAL;
}
