/* SPDX-License-Identifier: MIT */
/* Errors, allocation, cleanup and injected faults: traces/report.h. */
#include "traces/report.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096
#define FAULT_NAMES 16

static void (*bug_cleanup)(void);

/*
 * One write(2) for the line, so that lines of several threads do not mix.
 * Control bytes of names must neither break the line nor reach a terminal.
 */
static void print_line(const char *prefix, const char *format, va_list values,
		       const char *suffix)
{
	char message[LINE_MAX_BYTES];
	char line[LINE_MAX_BYTES + 256];
	size_t used;
	char *byte;

	vsnprintf(message, sizeof(message), format, values);
	for (byte = message; *byte; byte++)
		if ((unsigned char)*byte < ' ' || *byte == 0x7f ||
		    (*byte == '\xc2' && (byte[1] & 0xe0) == 0x80))
			*byte = '?'; /* C2, 80 to 9F: controls in UTF-8 */
	used = (size_t)snprintf(line, sizeof(line) - 1, "reel: %s%s%s%s",
				prefix, message, suffix ? ": " : "",
				suffix ? suffix : "");
	if (used > sizeof(line) - 2)
		used = sizeof(line) - 2;
	line[used++] = '\n';
	write_all(STDERR_FILENO, line, used);
}

int report(int err, const char *format, ...)
{
	char text[128];
	va_list values;

	va_start(values, format);
	print_line("", format, values,
		   err < 0 ? strerror_r(-err, text, sizeof(text)) : NULL);
	va_end(values);
	return err;
}

void warn(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	print_line("warning: ", format, values, NULL);
	va_end(values);
}

void bug_set_cleanup(void (*cleanup)(void))
{
	bug_cleanup = cleanup;
}

void bug_report(const char *file, int line, const char *condition,
		const char *format, ...)
{
	void (*cleanup)(void) = bug_cleanup;
	va_list values;

	va_start(values, format);
	print_line("bug: ", format, values, condition);
	va_end(values);
	report(0, "bug: this should hold at %s:%d: %s", file, line, condition);
	/* A bug in the cleanup must not come back here. */
	bug_cleanup = NULL;
	if (cleanup)
		cleanup();
	abort();
}

static void *check_memory(void *block, size_t size)
{
	if (block)
		return block;
	report(-ENOMEM, "allocate %zu bytes", size);
	if (bug_cleanup) {
		void (*cleanup)(void) = bug_cleanup;

		bug_cleanup = NULL;
		cleanup();
	}
	_exit(125);
}

void *xmalloc(size_t size)
{
	return check_memory(malloc(size ? size : 1), size);
}

void *xcalloc(size_t count, size_t size)
{
	return check_memory(calloc(count ? count : 1, size ? size : 1),
			    count * size);
}

void *xrealloc(void *old, size_t size)
{
	return check_memory(realloc(old, size ? size : 1), size);
}

char *xstrdup(const char *text)
{
	return xmemdup(text, strlen(text) + 1);
}

void *xmemdup(const void *bytes, size_t length)
{
	void *copy = xmalloc(length);

	if (length)
		memcpy(copy, bytes, length);
	return copy;
}

char *xasprintf(const char *format, ...)
{
	va_list values;
	char *text;
	int length;

	va_start(values, format);
	length = vasprintf(&text, format, values);
	va_end(values);
	return check_memory(length < 0 ? NULL : text, 0);
}

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void heap_free(void *pointer)
{
	void *block;

	memcpy(&block, pointer, sizeof(block));
	free(block);
}

int write_all(int fd, const void *bytes, size_t length)
{
	const char *next = bytes;

	while (length > 0) {
		ssize_t done = write(fd, next, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		next += done;
		length -= (size_t)done;
	}
	return 0;
}

int pread_all(int fd, void *bytes, size_t length, uint64_t offset)
{
	char *next = bytes;

	while (length > 0) {
		ssize_t done = pread(fd, next, length, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		next += done;
		length -= (size_t)done;
		offset += (uint64_t)done;
	}
	return 0;
}

/* One NAME[:N] of REEL_FAULT; count is how often NAME was asked about. */
struct fault {
	char name[64];
	unsigned long number; /* 0: every call */
	unsigned long count;
};

static struct fault faults[FAULT_NAMES];
static size_t fault_count;
static pthread_once_t faults_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t faults_lock = PTHREAD_MUTEX_INITIALIZER;

static void faults_parse(void)
{
	const char *text = getenv("REEL_FAULT");
	char *copy, *next, *word;

	if (!text)
		return;
	copy = xstrdup(text);
	for (word = strtok_r(copy, ",", &next);
	     word && fault_count < FAULT_NAMES;
	     word = strtok_r(NULL, ",", &next)) {
		struct fault *fault = &faults[fault_count++];
		char *colon = strchr(word, ':');

		if (colon) {
			*colon = '\0';
			fault->number = strtoul(colon + 1, NULL, 10);
		}
		snprintf(fault->name, sizeof(fault->name), "%s", word);
	}
	free(copy);
}

int fault_injected(const char *name)
{
	int injected = 0;
	size_t i;

	pthread_once(&faults_once, faults_parse);
	if (!fault_count)
		return 0;
	pthread_mutex_lock(&faults_lock);
	for (i = 0; i < fault_count; i++) {
		if (strcmp(faults[i].name, name))
			continue;
		faults[i].count++;
		if (!faults[i].number || faults[i].count == faults[i].number)
			injected = 1;
	}
	pthread_mutex_unlock(&faults_lock);
	return injected;
}
