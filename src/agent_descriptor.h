/* SPDX-License-Identifier: MIT */
/* The agent: what is known of the program's descriptors. */
#ifndef REEL_AGENT_DESCRIPTOR_H
#define REEL_AGENT_DESCRIPTOR_H

#include "src/agent_inside.h"

#define PIPE_ATOMIC 4096u /* PIPE_BUF: a write is whole, or not at all */

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000

/* 0: nothing is known. */
enum descriptor_class {
	CLASS_TRACED = 1, /* only with a stop */
	CLASS_WAITING,	  /* a socket that waits otherwise than most do */
	CLASS_FILE,
	CLASS_FOLLOWED, /* a file of which the recorder sees each change */
	CLASS_DIRECTORY,
	CLASS_PIPE,
	CLASS_UNIX, /* sockets */
	CLASS_SOCKET,
	CLASS_EVENT, /* eventfd and its like */
	CLASS_MASK = 15,
	CLASS_OUTPUT = 16, /* the session's standard output */
	CLASS_ERROR = 32,
	CLASS_IN_MEMORY = 64, /* a file or directory that is on no disk */
};

struct stat;

uint8_t agent_class_of_status(const struct stat *status);
/* What the recorder has told us is outdated goes. */
void agent_check_classes(void);
uint8_t agent_class_of(uint64_t fd);
/* What the program has asked, the agent need not ask again. */
void agent_learn_class(uint64_t fd, const struct stat *status);
/* A result that is no descriptor is none here, either. */
void agent_set_class(int64_t fd, uint8_t class);
int agent_is_non_blocking(uint64_t fd);

#endif
