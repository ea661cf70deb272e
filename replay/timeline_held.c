/* SPDX-License-Identifier: MIT */
/*
 * Threads that the debugger does not resume.  They go on all the same, since
 * there is one order of things, and it is recorded; but a debugger has no use
 * for a stop of a thread that it takes for stopped: gdb ends with an internal
 * error (skip_inline_frames) where it has shown that thread before.
 *
 * A thread of a process of which others are resumed is held whatever was shown.
 * One of another process is held if it was: what such a process does first is
 * told, or nobody would ever see it.
 */
#include "replay/timeline.h"

#include <string.h>

void timeline_resume_all(struct timeline *timeline)
{
	timeline->resumed_count = 0;
	timeline->shown_count = 0;
}

static int is_meant(const struct resumption *one, pid_t process, pid_t thread)
{
	return (!one->process || one->process == process) &&
	       (!one->thread || one->thread == thread);
}

static int is_resumed(const struct timeline *timeline, pid_t process,
		      pid_t thread)
{
	for (size_t i = 0; i < timeline->resumed_count; i++)
		if (is_meant(&timeline->resumed[i], process, thread))
			return 1;
	return !timeline->resumed_count;
}

void timeline_resume_only(struct timeline *timeline,
			  const struct resumption *resumed, size_t count)
{
	size_t kept = 0;

	if (!count || count > RESUMED_MAX) {
		timeline_resume_all(timeline);
		return;
	}
	memcpy(timeline->resumed, resumed, count * sizeof(*resumed));
	timeline->resumed_count = count;
	for (size_t i = 0; i < timeline->shown_count; i++)
		if (!is_resumed(timeline, timeline->shown[i].process,
				timeline->shown[i].thread))
			timeline->shown[kept++] = timeline->shown[i];
	timeline->shown_count = kept;
}

static int is_shown(const struct timeline *timeline, pid_t thread)
{
	for (size_t i = 0; i < timeline->shown_count; i++)
		if (timeline->shown[i].thread == thread)
			return 1;
	return 0;
}

/* A resumed thread of this process has a number. */
static int has_chosen_thread(const struct timeline *timeline, pid_t process)
{
	for (size_t i = 0; i < timeline->resumed_count; i++)
		if (timeline->resumed[i].thread &&
		    (!timeline->resumed[i].process ||
		     timeline->resumed[i].process == process))
			return 1;
	return 0;
}

static int is_of_thread(enum stop_kind kind)
{
	return kind == STOP_STEP || kind == STOP_BREAK ||
	       kind == STOP_WATCH || kind == STOP_SIGNAL ||
	       kind == STOP_CALL_ENTRY || kind == STOP_CALL_RETURN ||
	       kind == STOP_INTERRUPT;
}

int timeline_is_held(const struct timeline *timeline,
		     const struct debug_stop *stop)
{
	if (!is_of_thread(stop->kind) ||
	    is_resumed(timeline, stop->process, stop->thread))
		return 0;
	return has_chosen_thread(timeline, stop->process) ||
	       is_shown(timeline, stop->thread);
}

void timeline_show(struct timeline *timeline, const struct debug_stop *stop)
{
	if (!is_of_thread(stop->kind) || is_shown(timeline, stop->thread) ||
	    timeline->shown_count == SHOWN_MAX)
		return;
	timeline->shown[timeline->shown_count++] = (struct resumption){
		.process = stop->process, .thread = stop->thread,
	};
}
