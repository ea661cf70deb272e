/* SPDX-License-Identifier: MIT */
/*
 * Landlock domains (landlock(7)), for one purpose: who is in one traces only
 * who is in the same or in one below it, whatever else allows it. The kernel
 * asks nobody about tracers in the program (record_ptrace.h), so we do.
 */
#include "src/recorder.h"

#include "src/record_filters.h"
#include "traces/report.h"

#define SYNC_THREADS 8u /* LANDLOCK_RESTRICT_SELF_TSYNC */

/* Number 0 is no domain; each other one is in the one that it was made in. */
static unsigned add_domain(struct recorder *recorder, unsigned outer)
{
	recorder->outer_domains =
		xrealloc(recorder->outer_domains,
			 (recorder->domain_count + 1) * sizeof(outer));
	recorder->outer_domains[recorder->domain_count++] = outer;
	return recorder->domain_count;
}

void record_landlock_exit(struct recorder *recorder, struct record_task *task)
{
	unsigned domain;

	/* Without rules, flags for domains to come are all that it sets. */
	if (task->call.result || (int)task->call.arguments[0] < 0)
		return;
	domain = add_domain(recorder, task->domain);
	task->domain = domain;
	if (!(task->call.arguments[1] & SYNC_THREADS))
		return;
	for (struct record_task *other = task->next_in_group; other != task;
	     other = other->next_in_group)
		other->domain = domain;
}

int record_landlock_allows(const struct recorder *recorder,
			   const struct record_task *tracer,
			   const struct record_task *tracee)
{
	unsigned domain = tracee->domain;

	while (domain && domain != tracer->domain)
		domain = recorder->outer_domains[domain - 1];
	return domain == tracer->domain;
}
