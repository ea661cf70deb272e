/* SPDX-License-Identifier: MIT */
#include "src/human.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICKS_A_SECOND 4 /* how often progress is shown, after one second */

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

/* The one operation that is under way, shown by a thread of its own. */
static struct {
	const char *what; /* NULL: stderr is no terminal, or it has ended */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	int has_ended, is_visible;
	uint64_t done, all;
} progress = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.ended = PTHREAD_COND_INITIALIZER,
};

/* The cursor stays at the start of the line: an error message covers it. */
static void print_progress(unsigned ticks)
{
	if (progress.all)
		fprintf(stderr, "\r\033[Kreel: %s: %u %%\r", progress.what,
			(unsigned)((double)progress.done /
				   (double)progress.all * 100));
	else
		fprintf(stderr, "\r\033[Kreel: %s: %u s\r", progress.what,
			ticks / TICKS_A_SECOND);
	progress.is_visible = 1;
}

static void *show_progress(void *unused)
{
	struct timespec next;

	(void)unused;
	clock_gettime(CLOCK_REALTIME, &next);
	pthread_mutex_lock(&progress.lock);
	for (unsigned ticks = 1; !progress.has_ended; ticks++) {
		next.tv_nsec += 1000000000 / TICKS_A_SECOND;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		while (!progress.has_ended &&
		       !pthread_cond_timedwait(&progress.ended, &progress.lock,
					       &next))
			;
		if (!progress.has_ended && ticks >= TICKS_A_SECOND)
			print_progress(ticks);
	}
	pthread_mutex_unlock(&progress.lock);
	return NULL;
}

void progress_begin(const char *what)
{
	progress.has_ended = progress.is_visible = 0;
	progress.done = progress.all = 0;
	progress.what = isatty(STDERR_FILENO) ? what : NULL;
	if (progress.what &&
	    pthread_create(&progress.thread, NULL, show_progress, NULL))
		progress.what = NULL;
}

void progress_show(uint64_t done, uint64_t all)
{
	pthread_mutex_lock(&progress.lock);
	progress.done = done;
	progress.all = all;
	pthread_mutex_unlock(&progress.lock);
}

void progress_end(void)
{
	if (!progress.what)
		return;
	pthread_mutex_lock(&progress.lock);
	progress.has_ended = 1;
	pthread_cond_signal(&progress.ended);
	pthread_mutex_unlock(&progress.lock);
	pthread_join(progress.thread, NULL);
	if (progress.is_visible)
		fputs("\r\033[K", stderr);
	progress.what = NULL;
}
