/* SPDX-License-Identifier: MIT */
/*
 * Makes traces that somebody evil could make: every checksum is right, since
 * the trace library wrote them, but what they say is an attack.
 *
 *	hostile-trace list			names of the attacks
 *	hostile-trace make NAME DIR PATH	the trace of one attack
 *	hostile-trace vary TRACE DIR SEED	a recorded trace with variations
 *
 * Where an attack gets a system call of its own performed, it makes the file
 * PATH.  tests/hostile runs reel on all of them and says what must come out.
 */
#include "tests/fuzz/hostile_forge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

static const struct attack *const kinds[] = {
	session_attacks,
	code_attacks,
	file_attacks,
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static const struct attack *find(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		for (const struct attack *one = kinds[i]; one->name; one++)
			if (!strcmp(one->name, name))
				return one;
	return NULL;
}

static void list(const struct attack *attacks)
{
	for (; attacks->name; attacks++)
		if (*attacks->name != '+')
			puts(attacks->name);
}

static int make_attack(const char *name, const char *trace, const char *path)
{
	char *arguments[] = { (char *)"evil", (char *)RUDE, NULL };
	struct trace_info info = {
		.arguments = arguments,
		.environment = arguments,
		.directory = (char *)RUDE,
		.kernel = (char *)RUDE,
		.cpu = (char *)RUDE,
		.cpu_choice = (char *)"host",
		.reel_version = (char *)RUDE,
		.page_size = 4096,
	};
	struct forge forge = { .trace = trace, .path = path };
	const struct attack *attack = find(name);
	int err;

	if (!attack)
		return report(-ENOENT, "attack %s", name);
	err = trace_writer_create(trace, &info, &forge.writer);
	if (err)
		return err;
	attack->make(&forge);
	info.complete = 1;
	info.event_count = trace_writer_event_count(forge.writer);
	err = trace_writer_finish(forge.writer, &info);
	trace_writer_destroy(forge.writer);
	effect_list_deinit(&forge.effects);
	return err;
}

int main(int count, char **arguments)
{
	if (count == 2 && !strcmp(arguments[1], "list")) {
		for (size_t i = 0; i < KINDS; i++)
			list(kinds[i]);
		return 0;
	}
	if (count == 5 && !strcmp(arguments[1], "make"))
		return make_attack(arguments[2], arguments[3], arguments[4]) ?
			       1 :
			       0;
	if (count == 5 && !strcmp(arguments[1], "vary"))
		return hostile_vary(arguments[2], arguments[3],
				    (unsigned)atoi(arguments[4])) ?
			       1 :
			       0;
	fprintf(stderr, "usage: hostile-trace list | make NAME DIR PATH | "
			"vary TRACE DIR SEED\n");
	return 2;
}