/* SPDX-License-Identifier: MIT */
/*
 * How the memory behind an argument is written: one entry per value_type of
 * syscall_rows.h, most of them a list of fields.  Private to decode*.c.
 */
#ifndef REEL_DECODE_TYPES_H
#define REEL_DECODE_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "src/decode.h"
#include "src/decode_names.h"
#include "src/syscall_rows.h"

/* Longest part of a payload that a line shows. */
#define DATA_SHOWN 64

/* Most elements of an array that a line shows. */
#define ELEMENTS_SHOWN 64

struct field;

/*
 * Writes a field.  value is the field's content when it has at most 8 bytes,
 * otherwise its address.
 */
typedef void (*field_print)(struct decoder *decoder, uint64_t value,
			    const struct field *field);

struct field {
	const char *name; /* NULL ends a list; "" is written without a name */
	uint16_t offset;
	uint16_t size;
	field_print print;
	const void *table;   /* names or fields, as print expects */
	uint8_t hide_zero;   /* seldom used: write it only when it is not 0 */
};

/* Name, offset and size of a member, for the start of a struct field. */
#define MEMBER(type, member)                                                 \
	#member, offsetof(type, member), sizeof(((type *)0)->member)

void field_decimal(struct decoder *decoder, uint64_t value,
		   const struct field *field);
void field_unsigned(struct decoder *decoder, uint64_t value,
		    const struct field *field);
void field_hex(struct decoder *decoder, uint64_t value,
	       const struct field *field);
void field_octal(struct decoder *decoder, uint64_t value,
		 const struct field *field);
void field_mode(struct decoder *decoder, uint64_t value,
		const struct field *field);
void field_device(struct decoder *decoder, uint64_t value,
		  const struct field *field);
void field_id(struct decoder *decoder, uint64_t value,
	      const struct field *field);
void field_fd(struct decoder *decoder, uint64_t value,
	      const struct field *field);
void field_signal(struct decoder *decoder, uint64_t value,
		  const struct field *field);
void field_flags(struct decoder *decoder, uint64_t value,
		 const struct field *field);
void field_enum(struct decoder *decoder, uint64_t value,
		const struct field *field);
void field_pointer(struct decoder *decoder, uint64_t value,
		   const struct field *field);
void field_string_at(struct decoder *decoder, uint64_t value,
		     const struct field *field);
void field_sigset(struct decoder *decoder, uint64_t value,
		  const struct field *field);
void field_errno(struct decoder *decoder, uint64_t value,
		 const struct field *field);
/* An embedded array of char: the text up to its NUL, or all bytes. */
void field_text(struct decoder *decoder, uint64_t value,
		const struct field *field);
void field_bytes(struct decoder *decoder, uint64_t value,
		 const struct field *field);
/* An embedded structure, whatever its size; table: its fields. */
void field_struct(struct decoder *decoder, uint64_t value,
		  const struct field *field);
/* An embedded array of unsigned numbers of 4 or 8 bytes. */
void field_u32s(struct decoder *decoder, uint64_t value,
		const struct field *field);
void field_u64s(struct decoder *decoder, uint64_t value,
		const struct field *field);

/* Writes {a=1, b=2} of the structure at address, as far as it is readable. */
void decode_struct(struct decoder *decoder, remote_addr address,
		   uint64_t length, const struct field *fields);

/* Writes what type says of length bytes at address. */
void decode_memory(struct decoder *decoder, enum value_type type,
		   remote_addr address, uint64_t length);

/* Writes "..." of length bytes, or the address when none of it is there. */
void decode_data(struct decoder *decoder, remote_addr address,
		 uint64_t length);

/* Writes the string at address, of at most limit bytes. */
void decode_string(struct decoder *decoder, remote_addr address,
		   uint64_t limit);

/* Writes NULL or 0x... */
void decode_address(struct decoder *decoder, uint64_t address);

/* Reads an unsigned number of size bytes (1 to 8) into *value_out. */
int decode_read(struct decoder *decoder, remote_addr address, size_t size,
		uint64_t *value_out);

/* Writes [INT QUIT] or ~[KILL STOP]. */
void decode_sigset(struct text *text, uint64_t set);

/* Writes S_IFREG|0644. */
void decode_mode(struct text *text, uint64_t mode);

/* Writes {si_signo=SIGCHLD, ...}; length is that of the bytes there. */
void decode_siginfo(struct text *text, const void *bytes, size_t length);

/* Writes {WIFEXITED(s) && WEXITSTATUS(s) == 1}. */
void decode_wait_status(struct text *text, uint32_t status);

/* Writes a value of a flag table: bits for FLAGS, one name for CHOICE. */
void decode_table(struct decoder *decoder, enum value_format format,
		  enum flag_table table, uint64_t value);

/*
 * Writes an argument that its row's format does not tell all about (a key, a
 * protocol); 0 when it is none of them.
 */
int decode_special_argument(struct decoder *decoder, unsigned argument);

/* The same for the result. */
int decode_special_result(struct decoder *decoder);

/* Writes what poll and select found: " ([{fd=3, revents=POLLIN}])". */
void decode_ready(struct decoder *decoder);

/* The printers and lists of decode_<area>.c. */
typedef void (*type_print)(struct decoder *decoder, remote_addr address,
			   uint64_t length);

void decode_iovecs(struct decoder *decoder, remote_addr address,
		   uint64_t length);
/* total: bytes in all buffers together that count. */
void decode_buffers(struct decoder *decoder, remote_addr address,
		    uint64_t count, uint64_t total, type_print print);
void decode_msghdr(struct decoder *decoder, remote_addr address,
		   uint64_t length);
void decode_mmsghdr(struct decoder *decoder, remote_addr address,
		    uint64_t length);
void decode_sockaddr(struct decoder *decoder, remote_addr address,
		     uint64_t length);
void decode_sockopt(struct decoder *decoder, remote_addr address,
		    uint64_t length);
void decode_cmsgs(struct decoder *decoder, remote_addr address,
		  uint64_t length);
void decode_netlink(struct decoder *decoder, remote_addr address,
		    uint64_t length);
void decode_socket_option(struct decoder *decoder, uint64_t value);
void decode_sock_filters(struct decoder *decoder, remote_addr address,
			 uint64_t length);

extern const struct field
	fields_timespec[], fields_timeval[], fields_itimerspec[],
	fields_sigevent[], fields_sigaltstack[], fields_ifreq[],
	fields_termios[], fields_termio[], fields_winsize[];

#endif
