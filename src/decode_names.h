/* SPDX-License-Identifier: MIT */
/* Names of constants: flags, enumerations, errnos, signals. */
#ifndef REEL_DECODE_NAMES_H
#define REEL_DECODE_NAMES_H

#include <stdint.h>

#include "src/decode_text.h"

/* A table ends at a NULL name. */
struct decode_name {
	uint64_t value;
	const char *name;
};

#define FLAGS(table) extern const struct decode_name names_##table[];
#define ENUM(table) extern const struct decode_name names_##table[];
#define NAME(name, value)
#define END
#include "src/decode_names.def"
#undef FLAGS
#undef ENUM
#undef NAME
#undef END

/* The name of a value; NULL when it has none. */
const char *decode_name(const struct decode_name *table, uint64_t value);

/* The name, or the number: decimal when small, otherwise hexadecimal. */
void decode_enum(struct text *text, const struct decode_name *table,
		 uint64_t value);

/* A|B|0x100; 0 is the table's name for no flag, or 0. */
void decode_flags(struct text *text, const struct decode_name *table,
		  uint64_t flags);

/*
 * Adds |A|B for the flags, to follow something already written; nothing when
 * there are none.
 */
void decode_more_flags(struct text *text, const struct decode_name *table,
		       uint64_t flags);

/* ENOENT; NULL for a number that is no errno.  Knows the kernel's ERESTART*. */
const char *decode_errno(int64_t error);

/* "No such file or directory"; what strace says of ERESTART*; never NULL. */
const char *decode_errno_text(int64_t error);

/* SIGCHLD, SIGRT_3, or a number. */
void decode_signal(struct text *text, int64_t signal);

/* TCGETS; _IOC(_IOC_READ, 0x54, 0x7, 0x8) for an unknown request. */
void decode_ioctl(struct text *text, uint32_t request);

#endif
