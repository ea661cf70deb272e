/* SPDX-License-Identifier: MIT */
/*
 * Confines a process that reads what a trace holds with libraries which are not
 * made for hostile files (symbols, unwind tables and debug information in ELF
 * files): whatever they can be made to do, it stays in that process.
 */
#ifndef REEL_CONFINEMENT_H
#define REEL_CONFINEMENT_H

/*
 * From now on the calling process, a child made for this, can read descriptors
 * that are open, allocate memory and write to output and stderr; other calls
 * fail with EPERM.  It dies with its parent, and after half a minute.
 */
int confine_reader(int output);

#endif
