/* SPDX-License-Identifier: MIT */
/*
 * What a seccomp filter says of a call: classic BPF programs as the kernel
 * accepts them (seccomp_check_filter in kernel/seccomp.c), and the rule by
 * which one verdict comes of several filters.
 */
#ifndef REEL_SECCOMP_FILTER_H
#define REEL_SECCOMP_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#define SECCOMP_NUMBERS 512u

/* A filter and those that were there before it; shared by tasks. */
struct seccomp_filter {
	struct seccomp_filter *older;
	unsigned users;
	int lets_us_pass; /* begins with seccomp_pass */
	int is_wrapped;	  /* in what seccomp_wrap.h says: */
	int are_all_wrapped, is_any_wrapped; /* from here on to the oldest */
	int has_listener; /* it asks a supervisor (seccomp_unotify(2)) */
	/* A bit for each number, of all filters: seccomp_wrap.h. */
	uint8_t allowed[SECCOMP_NUMBERS / 8], harmless[SECCOMP_NUMBERS / 8];
	size_t length;
	struct sock_filter code[];
};

/*
 * Calls with such an instruction pointer are reel's own.  It is an address of
 * the kernel's half, where no program can ever be; a tracer can put it there
 * for as long as a call takes.
 */
#define SECCOMP_PASS_POINTER 0xfffffffe00000000ul
#define SECCOMP_PASS_LENGTH 4u

/* In front of a program's filter: allows reel's own calls, nothing else. */
extern const struct sock_filter seccomp_pass[SECCOMP_PASS_LENGTH];

/* Takes over the caller's reference to older. */
struct seccomp_filter *seccomp_filter_create(const struct sock_filter *code,
					     size_t length,
					     struct seccomp_filter *older);
struct seccomp_filter *seccomp_filter_share(struct seccomp_filter *filter);
void seccomp_filter_release(struct seccomp_filter *filter);

/* SECCOMP_RET_* with its data; SECCOMP_RET_ALLOW without a filter. */
uint32_t seccomp_verdict(const struct seccomp_filter *newest,
			 const struct seccomp_data *data);
/* The filter that says so, the newest of several; NULL without one. */
const struct seccomp_filter *
seccomp_decisive(const struct seccomp_filter *newest,
		 const struct seccomp_data *data, uint32_t *verdict_out);

#endif
