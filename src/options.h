/* SPDX-License-Identifier: MIT */
/*
 * The commands of reel and their options.
 *
 * A command is one const struct: what help says, which options there are, and
 * the function that runs it.  Options are read by getopt_long(3) from rows, so
 * that --help cannot forget one.
 */
#ifndef REEL_OPTIONS_H
#define REEL_OPTIONS_H

#include <stdint.h>

/*
 * Exit statuses.  record and replay end with the status of the recorded
 * program, so whatever goes wrong in reel itself needs one of its own there;
 * 126 and 127 are what shells say of a command that cannot be run.
 */
enum exit_status {
	EXIT_FAILED = 1,	/* all commands but record and replay */
	EXIT_USAGE = 2,		/* same */
	EXIT_REEL = 125,	/* record, replay: reel failed, divergence */
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

struct option_row {
	const char *name;	/* --NAME */
	char letter;		/* -L, or 0 */
	const char *argument;	/* how help calls its argument; NULL: none;
				   "[=NAME]": it may be left out */
	const char *help;
};

struct command {
	const char *name;
	const char *operands;	/* as help shows them: "[TRACE]" */
	int least, most;	/* operands; most < 0: any number */
	const char *summary;	/* one line */
	const char *details;	/* a paragraph in lines, or NULL */
	const char *example;	/* command lines */
	const struct option_row *options; /* up to one without a name; NULL */
	int failure, usage;	/* exit statuses */
	enum { OPTIONS_ANYWHERE, OPTIONS_FIRST } order;

	/* What an option does; a negative value has been reported. */
	int (*set_option)(void *values, const struct option_row *option,
			  const char *argument);
	/* Returns the exit status.  operands end with NULL. */
	int (*run)(const struct command *command, int argc, char **argv);
};

#define OPTIONS_HELP (-1)
#define OPTIONS_WRONG (-2)

/*
 * Reads the options of argv (argv[0] is the command's name) into values.
 * Returns the index of the first operand; OPTIONS_HELP when help was printed,
 * OPTIONS_WRONG when the mistake was: then options_exit_status() says how to
 * end.
 */
int options_parse(const struct command *command, int argc, char **argv,
		  void *values);
int options_exit_status(const struct command *command, int outcome);

void options_print_help(const struct command *command);

/* The argument as a number; a mistake is reported: -EINVAL. */
int options_number(const struct option_row *option, const char *argument,
		   uint64_t *number_out);

#endif
