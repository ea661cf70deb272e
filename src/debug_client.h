/* SPDX-License-Identifier: MIT */
/* gdb or lldb, started on a socket of the debugger's server. */
#ifndef REEL_DEBUG_CLIENT_H
#define REEL_DEBUG_CLIENT_H

struct debug_client {
	enum { CLIENT_GDB, CLIENT_LLDB } kind;
	const char *trace_path;
	const char *program; /* as recorded, which is debugged first */
	char **arguments;    /* the person's own; may be NULL */
	char *directory, *socket; /* made by debug_client_open() */
	int alive; /* a pipe's end: whoever waits at the other tidies up */
};

/*
 * Makes a private directory, with settings that no packet can make.  It goes
 * with debug_client_close(), or when this process is killed.
 */
int debug_client_open(struct debug_client *client);
void debug_client_close(struct debug_client *client);

/* In a child: becomes the debugger.  It does not return. */
void debug_client_execute(const struct debug_client *client)
	__attribute__((noreturn));

#endif
