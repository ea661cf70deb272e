/* SPDX-License-Identifier: MIT */
#include "src/process_status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/process_maps.h"

static uint64_t number_after(const char *text, const char *name, int base)
{
	const char *line = strstr(text, name);

	return line ? strtoull(line + strlen(name), NULL, base) : 0;
}

static void four_after(const char *text, const char *name, unsigned out[4])
{
	const char *line = strstr(text, name);

	if (line)
		sscanf(line + strlen(name), "%u %u %u %u", &out[0], &out[1],
		       &out[2], &out[3]);
}

long process_status_number(pid_t tid, const char *name)
{
	char path[64], line[64], *text, *at;
	long number = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	snprintf(line, sizeof(line), "\n%s:", name);
	text = read_proc_file(path, NULL);
	at = text ? strstr(text, line) : NULL;
	if (at)
		number = strtol(at + strlen(line), NULL, 10);
	free(text);
	return number;
}

int process_status_read(pid_t tid, struct process_status *status_out)
{
	char path[64], *text;

	*status_out = (struct process_status){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	text = read_proc_file(path, NULL);
	if (!text)
		return -ESRCH;
	status_out->parent = (pid_t)number_after(text, "\nPPid:", 10);
	four_after(text, "\nUid:", status_out->uids);
	four_after(text, "\nGid:", status_out->gids);
	status_out->capabilities = number_after(text, "\nCapEff:", 16);
	status_out->blocked = number_after(text, "\nSigBlk:", 16);
	status_out->caught = number_after(text, "\nSigCgt:", 16);
	free(text);
	return 0;
}
