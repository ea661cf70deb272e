/* SPDX-License-Identifier: MIT */
#include "src/decode_names.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/ioctl.h>
#include <stdlib.h>
#include <string.h>

#define FLAGS(table) const struct decode_name names_##table[] = {
#define ENUM(table) const struct decode_name names_##table[] = {
#define NAME(name, value) { (uint64_t)(value), #name },
#define END { 0, NULL } };
#include "src/decode_names.def"

static const struct decode_name ioctl_requests[] = {
#define IOCTL(value, name) { value, #name },
#include "src/decode_ioctl.def"
};

#define IOCTL_COUNT (sizeof(ioctl_requests) / sizeof(*ioctl_requests))

const char *decode_name(const struct decode_name *table, uint64_t value)
{
	for (; table->name; table++) {
		if (table->value == value)
			return table->name;
	}
	return NULL;
}

void decode_enum(struct text *text, const struct decode_name *table,
		 uint64_t value)
{
	const char *name = decode_name(table, value);

	if (name)
		text_add(text, name);
	else if ((int64_t)value >= -4095 && (int64_t)value < 65536)
		text_format(text, "%" PRId64, (int64_t)value);
	else
		text_format(text, "%#" PRIx64, value);
}

/* True when a name of more bits says all that this one does (O_SYNC). */
static int is_covered(const struct decode_name *table, uint64_t value,
		      uint64_t flags)
{
	for (; table->name; table++) {
		if (table->value != value && (flags & table->value) ==
		    table->value && (table->value & value) == value)
			return 1;
	}
	return 0;
}

/* Returns the bits without a name; each name is preceded by the separator. */
static uint64_t add_flags(struct text *text, const struct decode_name *table,
			  uint64_t flags, const char *separator)
{
	const struct decode_name *name = table;
	uint64_t rest = flags;

	for (; name->name; name++) {
		if (!name->value || (flags & name->value) != name->value ||
		    is_covered(table, name->value, flags))
			continue;
		text_add(text, separator);
		text_add(text, name->name);
		separator = "|";
		rest &= ~name->value;
	}
	return rest;
}

void decode_flags(struct text *text, const struct decode_name *table,
		  uint64_t flags)
{
	size_t start = text->length;
	const char *none;

	if (!flags) {
		none = decode_name(table, 0);
		text_add(text, none ? none : "0");
		return;
	}
	flags = add_flags(text, table, flags, "");
	if (flags)
		text_format(text, "%s%#" PRIx64,
			    text->length == start ? "" : "|", flags);
}

void decode_more_flags(struct text *text, const struct decode_name *table,
		       uint64_t flags)
{
	flags = add_flags(text, table, flags, "|");
	if (flags)
		text_format(text, "|%#" PRIx64, flags);
}

/* Not for user space: the kernel's own (include/linux/errno.h). */
static const struct restart {
	int error;
	const char *name, *text;
} restarts[] = {
	{512, "ERESTARTSYS", "To be restarted if SA_RESTART is set"},
	{513, "ERESTARTNOINTR", "To be restarted"},
	{514, "ERESTARTNOHAND", "To be restarted if no handler"},
	{515, "ENOIOCTLCMD", "No ioctl command"},
	{516, "ERESTART_RESTARTBLOCK", "Interrupted by signal"},
};

static const struct restart *find_restart(int64_t error)
{
	for (size_t i = 0; i < sizeof(restarts) / sizeof(*restarts); i++) {
		if (restarts[i].error == error)
			return &restarts[i];
	}
	return NULL;
}

const char *decode_errno(int64_t error)
{
	const struct restart *restart = find_restart(error);

	if (restart)
		return restart->name;
	return decode_name(names_errnos, (uint64_t)error);
}

const char *decode_errno_text(int64_t error)
{
	const struct restart *restart = find_restart(error);
	const char *text = NULL;

	if (restart)
		return restart->text;
	if (error >= 0 && error < 4096)
		text = strerrordesc_np((int)error);
	return text ? text : "Unknown error";
}

/* The kernel's first real-time signal; the C library keeps some of them. */
#define FIRST_REALTIME_SIGNAL 32

void decode_signal(struct text *text, int64_t signal)
{
	const char *name = decode_name(names_signals, (uint64_t)signal);

	if (name)
		text_add(text, name);
	else if (signal == FIRST_REALTIME_SIGNAL)
		text_add(text, "SIGRTMIN");
	else if (signal > FIRST_REALTIME_SIGNAL && signal <= 64)
		text_format(text, "SIGRT_%d",
			    (int)signal - FIRST_REALTIME_SIGNAL);
	else
		text_format(text, "%" PRId64, signal);
}

static int compare_request(const void *key, const void *entry)
{
	uint64_t request = *(const uint32_t *)key;
	uint64_t value = ((const struct decode_name *)entry)->value;

	return request < value ? -1 : request > value;
}

/* Families whose request carries a length that the program chooses. */
static const struct sized_request {
	uint8_t type, number;
	const char *name;
} sized_requests[] = {
	{'E', 0x06, "EVIOCGNAME"},  {'E', 0x07, "EVIOCGPHYS"},
	{'E', 0x08, "EVIOCGUNIQ"},  {'E', 0x09, "EVIOCGPROP"},
	{'E', 0x0a, "EVIOCGMTSLOTS"}, {'E', 0x18, "EVIOCGKEY"},
	{'E', 0x19, "EVIOCGLED"},   {'E', 0x1a, "EVIOCGSND"},
	{'E', 0x1b, "EVIOCGSW"},    {'H', 0x04, "HIDIOCGRAWNAME"},
	{'H', 0x05, "HIDIOCGRAWPHYS"}, {'H', 0x06, "HIDIOCSFEATURE"},
	{'H', 0x07, "HIDIOCGFEATURE"}, {'U', 0x2c, "UI_GET_SYSNAME"},
	{'j', 0x13, "JSIOCGNAME"},
};

static int decode_sized_ioctl(struct text *text, uint32_t request)
{
	size_t count = sizeof(sized_requests) / sizeof(*sized_requests);

	for (size_t i = 0; i < count; i++) {
		if (sized_requests[i].type != _IOC_TYPE(request) ||
		    sized_requests[i].number != _IOC_NR(request))
			continue;
		text_format(text, "%s(%u)", sized_requests[i].name,
			    _IOC_SIZE(request));
		return 1;
	}
	return 0;
}

static const struct decode_name ioctl_directions[] = {
	{_IOC_READ | _IOC_WRITE, "_IOC_READ|_IOC_WRITE"},
	{_IOC_READ, "_IOC_READ"},
	{_IOC_WRITE, "_IOC_WRITE"},
	{_IOC_NONE, "_IOC_NONE"},
	{0, NULL},
};

void decode_ioctl(struct text *text, uint32_t request)
{
	const struct decode_name *entry =
		bsearch(&request, ioctl_requests, IOCTL_COUNT,
			sizeof(*ioctl_requests), compare_request);

	if (entry) {
		text_add(text, entry->name);
		return;
	}
	if (decode_sized_ioctl(text, request))
		return;
	text_format(text, "_IOC(%s, %#x, %#x, %#x)",
		    decode_name(ioctl_directions, _IOC_DIR(request)),
		    _IOC_TYPE(request), _IOC_NR(request), _IOC_SIZE(request));
}
