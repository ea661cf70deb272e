/* SPDX-License-Identifier: MIT */
#include "src/human.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_FIRST_NS 1000000000 /* an operation this long shows itself */
#define PROGRESS_EVERY_NS 200000000

const char *human_size(uint64_t bytes, char text[HUMAN_LENGTH])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB",
					     "PiB" };
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(text, HUMAN_LENGTH, "%u B", (unsigned)bytes);
		return text;
	}
	/* 1023.96 KiB would be printed as 1024.0 KiB */
	while (value >= 1023.95 && unit < 4) {
		value /= 1024;
		unit++;
	}
	snprintf(text, HUMAN_LENGTH, value < 9.95 ? "%.1f %s" : "%.0f %s",
		 value, units[unit]);
	return text;
}

const char *human_time(uint64_t ns, char text[HUMAN_LENGTH])
{
	uint64_t s = ns / 1000000000;

	if (s >= 3600)
		snprintf(text, HUMAN_LENGTH, "%" PRIu64 " h %02u min",
			 s / 3600, (unsigned)(s / 60 % 60));
	else if (s >= 60)
		snprintf(text, HUMAN_LENGTH, "%u min %02u s",
			 (unsigned)(s / 60), (unsigned)(s % 60));
	else
		snprintf(text, HUMAN_LENGTH, s ? "%.1f s" : "%.3f s",
			 (double)ns / 1e9);
	return text;
}

const char *human_date(int64_t realtime_ns, char text[HUMAN_LENGTH])
{
	time_t seconds = (time_t)(realtime_ns / 1000000000);
	struct tm parts;

	if (!realtime_ns || !localtime_r(&seconds, &parts) ||
	    !strftime(text, HUMAN_LENGTH, "%Y-%m-%d %H:%M:%S", &parts))
		strcpy(text, "-");
	return text;
}

const char *human_status(int wait_status, char text[HUMAN_LENGTH])
{
	const char *name;

	if (!WIFSIGNALED(wait_status)) {
		snprintf(text, HUMAN_LENGTH, "exit %d",
			 WEXITSTATUS(wait_status));
		return text;
	}
	name = sigabbrev_np(WTERMSIG(wait_status));
	if (name)
		snprintf(text, HUMAN_LENGTH, "SIG%s%s", name,
			 WCOREDUMP(wait_status) ? " (core)" : "");
	else
		snprintf(text, HUMAN_LENGTH, "signal %d%s",
			 WTERMSIG(wait_status),
			 WCOREDUMP(wait_status) ? " (core)" : "");
	return text;
}

/* The one operation that is under way. */
static struct {
	const char *what;
	int64_t began, shown;
	int is_terminal, is_visible;
} progress;

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

void progress_begin(const char *what)
{
	progress.what = what;
	progress.began = now_ns();
	progress.shown = 0;
	progress.is_terminal = isatty(STDERR_FILENO);
	progress.is_visible = 0;
}

void progress_show(uint64_t done, uint64_t all)
{
	int64_t now;

	if (!progress.is_terminal || !progress.what)
		return;
	now = now_ns();
	if (now - progress.began < PROGRESS_FIRST_NS ||
	    now - progress.shown < PROGRESS_EVERY_NS)
		return;
	progress.shown = now;
	progress.is_visible = 1;
	if (all)
		fprintf(stderr, "\r\033[Kreel: %s: %u %%", progress.what,
			(unsigned)((double)done / (double)all * 100));
	else
		fprintf(stderr, "\r\033[Kreel: %s: %" PRIu64, progress.what,
			done);
}

void progress_end(void)
{
	if (progress.is_visible)
		fputs("\r\033[K", stderr);
	progress.what = NULL;
	progress.is_visible = 0;
}
