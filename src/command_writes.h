/* SPDX-License-Identifier: MIT */
/* reel bt --writes: the calls and stores that filled a memfd. */
#ifndef REEL_COMMAND_WRITES_H
#define REEL_COMMAND_WRITES_H

#include "src/command_inspect.h"

/* Prints them, up to the event that first used the snapshot of this name. */
int print_writes(struct inspection *inspection, const char *trace,
		 const char *name);

#endif
