/* SPDX-License-Identifier: MIT */
/* The programs and libraries of a trace as a tree of files, for a debugger. */
#ifndef REEL_DEBUG_ROOT_H
#define REEL_DEBUG_ROOT_H

/*
 * Writes them below directory, which exists and is ours alone, each at the path
 * that it had when it was recorded.  Names that lead elsewhere are left out.
 */
int debug_root_write(const char *trace_path, const char *directory);

/* Removes the directory with all that is in it. */
void debug_root_remove(const char *directory);

#endif
