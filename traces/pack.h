/* SPDX-License-Identifier: MIT */
/*
 * A trace with its snapshots as one portable file: a tar archive in a strict
 * form, with the SHA-256 of each member (traces/format.md, "Packed traces").
 */
#ifndef REEL_PACK_H
#define REEL_PACK_H

/*
 * Verifies the trace and packs it into file, which appears when it is whole
 * and replaces a regular file of that name.  Anything else of that name, such
 * as a pipe, is written to.
 */
int trace_pack(const char *trace, const char *file);

/*
 * Makes the directory trace, which must not exist, of a packed one.  It
 * appears when everything in it was verified.
 */
int trace_unpack(const char *file, const char *trace);

#endif
