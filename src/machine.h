/* SPDX-License-Identifier: MIT */
/*
 * Can this machine record?  Each check tries what the recorder or the replayer
 * will do, in a child of its own, and says what to do when it does not work.
 */
#ifndef REEL_MACHINE_H
#define REEL_MACHINE_H

enum machine_grade {
	MACHINE_OK,
	MACHINE_WARN, /* reel works, with a remark */
	MACHINE_FAIL, /* recording or replaying is impossible */
};

struct machine_finding {
	enum machine_grade grade;
	char *text; /* for the caller to free */
};

struct machine_check {
	const char *name;
	struct machine_finding (*run)(void);
};

/* Ends with a check without a name. */
extern const struct machine_check machine_checks[];

#endif
