/* SPDX-License-Identifier: MIT */
/*
 * reel record.  Prints nothing before the command ends: until then the
 * terminal is the program's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/commands.h"
#include "src/human.h"
#include "src/record.h"
#include "src/session_page.h"
#include "src/trace_path.h"
#include "traces/report.h"

#define CORES_MAX 1024 /* what a cpu_set_t holds */

struct record_values {
	struct record_options options;
	const char *output;
	int quiet;
	int own_environment; /* options.environment is ours to free */
};

static const struct option_row rows[] = {
	{ "output", 'o', "TRACE", "make the trace in this new directory" },
	{ "quiet", 'q', NULL, "print no summary at the end" },
	{ "env", 'e', "NAME=VALUE",
	  "set a variable for the command; -NAME removes it;\n"
	  "may be given again" },
	{ "cpu", 0, "CPU",
	  "what the program is told of the processor: host (the\n"
	  "default), x86-64-v2 or x86-64-v3" },
	{ "num-cores", 0, "N",
	  "tell the program of so many cores, all the same on which\n"
	  "it runs" },
	{ "chaos", 0, "[=SEED]",
	  "choose turns, priorities and delays of signals at\n"
	  "random, to find races; reel info tells the seed" },
	{ "aslr", 0, NULL, "leave address space randomization on" },
	{ "no-agent", 0, NULL,
	  "see each system call by ptrace, at a hundred times the cost" },
	{ "audit", 0, NULL,
	  "compare all writable memory around every system call,\n"
	  "and fail when one wrote a byte it is not known to write" },
	{ "on-failure", 0, "ACTION",
	  "when the recorder fails: kill the program (the default)\n"
	  "or detach, letting it go on unrecorded" },
	{ 0 },
};

extern char **environ;

static size_t count_strings(char **strings)
{
	size_t count = 0;

	while (strings[count])
		count++;
	return count;
}

/* Drops each variable of this name. */
static void remove_variable(char **environment, const char *name, size_t length)
{
	char **to = environment;

	for (char **from = environment; *from; from++) {
		if (!strncmp(*from, name, length) && (*from)[length] == '=')
			free(*from);
		else
			*to++ = *from;
	}
	*to = NULL;
}

static void copy_environment(struct record_values *values)
{
	size_t count = count_strings(environ);
	char **copy = xcalloc(count + 1, sizeof(*copy));

	for (size_t i = 0; i < count; i++)
		copy[i] = xstrdup(environ[i]);
	values->options.environment = copy;
	values->own_environment = 1;
}

static int set_variable(struct record_values *values, const char *argument)
{
	const char *equals = strchr(argument, '=');
	char **environment;
	size_t count;

	if (argument[0] == '-' ? equals || !argument[1] :
				 !equals || equals == argument) {
		report(0, "record: --env wants NAME=VALUE or -NAME, not '%s'",
		       argument);
		return -EINVAL;
	}
	if (!values->own_environment)
		copy_environment(values);
	environment = values->options.environment;
	if (argument[0] == '-') {
		remove_variable(environment, argument + 1,
				strlen(argument + 1));
		return 0;
	}
	remove_variable(environment, argument, (size_t)(equals - argument));
	count = count_strings(environment);
	environment = xrealloc(environment,
			       (count + 2) * sizeof(*environment));
	environment[count] = xstrdup(argument);
	environment[count + 1] = NULL;
	values->options.environment = environment;
	return 0;
}

static int wrong_choice(const char *option, const char *choices,
			const char *argument)
{
	report(0, "record: --%s wants %s, not '%s'", option, choices, argument);
	return -EINVAL;
}

static int set_cores(struct record_values *values,
		     const struct option_row *option, const char *argument)
{
	uint64_t number;
	int err = options_number(option, argument, &number);

	if (err)
		return err;
	if (number < 1 || number > CORES_MAX)
		return wrong_choice(option->name, "1 to 1024", argument);
	values->options.num_cores = (unsigned)number;
	return 0;
}

static int set_chaos(struct record_values *values,
		     const struct option_row *option, const char *argument)
{
	uint64_t seed = 0;
	int err = 0;

	if (argument)
		err = options_number(option, argument, &seed);
	else if (getrandom(&seed, sizeof(uint32_t), 0) < 0)
		err = report(-errno, "get a random number");
	if (err)
		return err;
	if (seed > UINT32_MAX)
		return wrong_choice(option->name, "0 to 4294967295", argument);
	values->options.is_chaotic = 1;
	values->options.chaos_seed = (uint32_t)seed;
	return 0;
}

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	struct record_values *values = context;

	if (!strcmp(option->name, "output")) {
		values->output = argument;
	} else if (!strcmp(option->name, "quiet")) {
		values->quiet = 1;
	} else if (!strcmp(option->name, "env")) {
		return set_variable(values, argument);
	} else if (!strcmp(option->name, "cpu")) {
		if (strcmp(argument, "host") && strcmp(argument, "x86-64-v2") &&
		    strcmp(argument, "x86-64-v3"))
			return wrong_choice("cpu", "host, x86-64-v2 or "
					    "x86-64-v3", argument);
		values->options.cpu = argument;
	} else if (!strcmp(option->name, "chaos")) {
		return set_chaos(values, option, argument);
	} else if (!strcmp(option->name, "num-cores")) {
		return set_cores(values, option, argument);
	} else if (!strcmp(option->name, "aslr")) {
		values->options.aslr = 1;
	} else if (!strcmp(option->name, "no-agent")) {
		values->options.is_agentless = 1;
	} else if (!strcmp(option->name, "audit")) {
		values->options.audit = 1;
	} else {
		if (strcmp(argument, "kill") && strcmp(argument, "detach"))
			return wrong_choice("on-failure", "kill or detach",
					    argument);
		values->options.detach_on_failure = !strcmp(argument, "detach");
	}
	return 0;
}

static void values_deinit(struct record_values *values)
{
	if (!values->own_environment)
		return;
	for (char **at = values->options.environment; *at; at++)
		free(*at);
	free(values->options.environment);
}

/* 0, or the errno that running this very file would end with. */
static int why_not_executable(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return errno;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	return access(path, X_OK) ? EACCES : 0;
}

/*
 * Looks for the command as execvp(3) will, so that a mistyped name costs no
 * recording.  Returns the errno; EACCES only when nothing better was found.
 */
static int why_not_found(const char *command)
{
	const char *path = getenv("PATH");
	int best = ENOENT;

	if (!*command)
		return ENOENT;
	if (strchr(command, '/'))
		return why_not_executable(command);
	if (!path)
		path = "/bin:/usr/bin";
	for (const char *at = path, *end; at; at = *end ? end + 1 : NULL) {
		AUTO(heap_free) char *file = NULL;
		int why;

		end = strchrnul(at, ':');
		file = xasprintf("%.*s%s%s", (int)(end - at), at,
				 end > at ? "/" : "", command);
		why = why_not_executable(file);
		if (!why)
			return 0;
		if (why == EACCES)
			best = EACCES;
	}
	return best;
}

static int complain_command(const char *command, int why)
{
	if (why == ENOENT || why == ENOTDIR)
		report(-why, "run %s%s", command,
		       strchr(command, '/') ? "" : " (not in PATH)");
	else
		report(-why, "run %s", command);
	return why == ENOENT || why == ENOTDIR ? EXIT_NOT_FOUND :
						 EXIT_NOT_EXECUTABLE;
}

static void print_summary(const struct record_summary *summary,
			  const struct new_trace *trace)
{
	char size[HUMAN_LENGTH], time[HUMAN_LENGTH];

	fprintf(stderr,
		"reel: recorded %" PRIu64 " events of %" PRIu64
		" process%s in %s: %s (%s)\n",
		summary->events, summary->processes,
		summary->processes == 1 ? "" : "es",
		human_time(summary->elapsed_ns, time), trace->path,
		human_size(summary->trace_bytes, size));
}

static int exit_status_of(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return 128 + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}

static int record_into(struct record_values *values, struct new_trace *trace)
{
	struct record_summary summary;
	int err;

	values->options.trace_path = trace->path;
	values->options.store_path = trace->store;
	new_trace_publish(trace);
	err = record_run(&values->options, &summary);
	if (err && !is_trace(trace->path)) {
		new_trace_remove(trace);
		if (err == -ENOENT)
			return EXIT_NOT_FOUND;
		return err == -EACCES || err == -ENOEXEC ? EXIT_NOT_EXECUTABLE :
							   EXIT_REEL;
	}
	if (err)
		return EXIT_REEL;
	if (!values->quiet)
		print_summary(&summary, trace);
	if (summary.audit_failures) {
		report(0, "audit: %" PRIu64 " calls wrote bytes that "
		       "src/syscalls.def does not know of",
		       summary.audit_failures);
		return EXIT_REEL;
	}
	return exit_status_of(summary.wait_status);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct record_values values = { .options.cpu = "host" };
	struct new_trace trace;
	int first = options_parse(command, argc, argv, &values);
	int status, why;

	if (first < 0) {
		values_deinit(&values);
		return options_exit_status(command, first);
	}
	if (refuse_inside_recording()) {
		values_deinit(&values);
		return EXIT_REEL;
	}
	values.options.arguments = argv + first;
	why = why_not_found(argv[first]);
	if (why) {
		status = complain_command(argv[first], why);
	} else if (new_trace_reserve(values.output, argv[first], &trace)) {
		status = EXIT_REEL;
	} else {
		status = record_into(&values, &trace);
		new_trace_deinit(&trace);
	}
	values_deinit(&values);
	return status;
}

const struct command command_record = {
	.name = "record",
	.operands = "[--] COMMAND [ARG...]",
	.least = 1,
	.most = -1,
	.summary = "Record a command",
	.details =
		"Without -o the trace goes to $REEL_TRACES (or the XDG data "
		"directory, reel/)\n"
		"as PROGRAM-N, and the link `latest' there points to it.\n"
		"The exit status is the command's, 128+N when signal N killed "
		"it; 127 and 126\n"
		"when it was not found or cannot be run, and 125 when reel "
		"itself failed.",
	.example = "  reel record -o /tmp/date.trace -- date +%N\n"
		   "  reel replay /tmp/date.trace",
	.options = rows,
	.failure = EXIT_REEL,
	.usage = EXIT_REEL,
	.order = OPTIONS_FIRST,
	.set_option = set_option,
	.run = run,
};
