/* SPDX-License-Identifier: MIT */
/*
 * Files in /proc/TID of a task that has another user.
 *
 * Without CAP_SYS_PTRACE, which root in a container lacks, a tracer may look
 * into processes of its own user only (ptrace(2), "Ptrace access mode
 * checking").  But root that gave its tracees CAP_SETUID has it, too: for the
 * one call that needs it, it takes their user for its file system identity.
 */
#ifndef REEL_PROCESS_FILE_H
#define REEL_PROCESS_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

/*
 * As open(2), readlink(2) and stat(2), but that the last asks no server; paths
 * begin with /proc/TID/.
 */
int process_open(const char *path, int flags);
ssize_t process_readlink(const char *path, char *text, size_t room);
int process_stat(const char *path, struct stat *status_out);

#endif
