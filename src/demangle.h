/* SPDX-License-Identifier: MIT */
/* Names of functions as their source has them, out of what the linker sees. */
#ifndef REEL_DEMANGLE_H
#define REEL_DEMANGLE_H

/*
 * Of C++ and Rust; NULL for what is not such a name.  free() it.  A name may be
 * made to grow without end: what is over some 1000 bytes is cut off.
 */
char *demangle(const char *symbol);

#endif
