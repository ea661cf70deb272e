/* SPDX-License-Identifier: MIT */
/*
 * A debugger's server: the gdb remote protocol spoken on one connection, over a
 * timeline.
 *
 *   gdb_server.c   the connection, stops, resuming, memory, breakpoints
 *   gdb_query.c    q and Q packets
 *   gdb_target.c   registers and their description
 *   gdb_file.c     vFile: files of the trace, and no others
 *   gdb_break.c    breakpoints and their conditions
 *   gdb_condition.c  what conditions say
 *   gdb_library.c  libraries, thread-local storage
 *   gdb_symbol.c   symbols of libraries
 *   gdb_lldb.c     what lldb asks
 *   gdb_scratch.c  memory for lldb's expressions
 *   gdb_copy.c     writes, and calls of functions
 *   gdb_monitor.c  monitor commands
 *   gdb_packet.c   framing
 */
#ifndef REEL_GDB_SERVER_H
#define REEL_GDB_SERVER_H

#include "replay/gdb_condition.h"
#include "replay/gdb_packet.h"
#include "replay/timeline.h"

#define GDB_FILES_MAX 16
#define GDB_BOOKMARKS_MAX 64
#define GDB_CONDITIONS_MAX 1024
#define GDB_PIECES_MAX 256
#define GDB_RETURNS 64
#define GDB_CALLS 512 /* more than there are system calls */

struct gdb_bookmark {
	struct place place;
	pid_t thread;
	int is_deleted; /* numbers stay what they are */
};

/* The processes, changed, and the place where that began. */
struct gdb_copy {
	int is_there;
	struct place place;
	int is_written;	  /* not for calls alone */
	int is_explained; /* to the person */
	const char *message; /* to be printed when that is possible; or NULL */
	uint64_t counter; /* of time stamps */
	uint64_t scratch_length; /* that is mapped, in this process */
	pid_t scratch_process;
	struct {
		uint64_t address;
		int is_code;
	} returns[GDB_RETURNS]; /* breakpoints that gdb set for calls */
	size_t return_count; /* the last of these are there */
	uint8_t unmade[GDB_CALLS / 8]; /* calls that were named */
};

struct gdb_server {
	int fd;
	struct gdb_parser parser;
	struct gdb_reply reply, framed;
	int is_silent; /* no acknowledgements any more */
	int is_over;
	int is_extended; /* the client has thread ids with processes */
	int is_lldb;
	int has_executed; /* and lldb was told */
	int is_moved;	/* and it does not know yet */
	uint64_t known_program; /* timeline_program() that the client knows */
	int is_exec_due;	/* to tell it of another one */
	int is_reverse; /* it has no packets for that */
	struct timeline *timeline;
	pid_t general; /* thread that g, m ... are for */
	pid_t resumed; /* thread that s, bs are for */
	struct resumption chosen; /* all that c, s, bc, bs are for */
	struct debug_stop stop; /* the last one */
	int files[GDB_FILES_MAX]; /* open ones; -1 */
	struct gdb_condition **conditions; /* of breakpoints; all differ */
	size_t condition_count;
	int has_warned;	/* that nothing can be written */
	struct gdb_copy copy;
	uint8_t *scratch; /* for lldb's expressions */
	struct {
		uint32_t start, length;
	} pieces[GDB_PIECES_MAX]; /* of it, in order */
	size_t piece_count;
	struct gdb_bookmark *bookmarks;
	size_t bookmark_count;
};

/* Serves the client until it leaves; negative when the replay failed. */
int gdb_serve(struct timeline *timeline, int fd);

/* ---- among the server's own files ---- */

/* The thread that the client asks about; NULL: it is no more. */
struct replay_task *gdb_task(struct gdb_server *server);
/* "p1.2", "2", "-1" from *text on: 0 when it is none. */
int gdb_read_thread(const char **text, pid_t *process_out,
		    pid_t *thread_out);
void gdb_write_thread(struct gdb_server *server, pid_t process, pid_t thread);
void gdb_error(struct gdb_server *server, int number);
void gdb_ok(struct gdb_server *server);
/* A part of an object, as qXfer and vFile want them. */
void gdb_part(struct gdb_server *server, const void *bytes, size_t length,
	      const char *offset_and_length);
void gdb_stop_reply(struct gdb_server *server);

/* Each of these returns 1 when the packet was for it. */
int gdb_query(struct gdb_server *server, const char *packet);
int gdb_file(struct gdb_server *server, const char *packet, size_t length);

void gdb_registers(struct gdb_server *server, struct replay_task *task);
/* Of what they hold, however the task came there. */
int gdb_registers_digest(struct gdb_server *server, struct replay_task *task,
			 uint64_t *digest_out);
/* 0 when there is no such register. */
int gdb_register(struct gdb_server *server, struct replay_task *task,
		 unsigned number);
/* A general one, of a task whose registers are known; or -EINVAL. */
int gdb_register_value(struct replay_task *task, unsigned number,
		       uint64_t *value_out);
/* By a packet P or G; -EINVAL or -ESRCH, not reported. */
int gdb_set_registers(struct gdb_server *server, struct replay_task *task,
		      const char *packet);
/* The description of all registers that the trace has; free() it. */
char *gdb_target_description(void);

/* Z and z packets. */
void gdb_break(struct gdb_server *server, const char *packet);
void gdb_conditions_init(struct gdb_server *server);
void gdb_conditions_deinit(struct gdb_server *server);
void gdb_libraries(struct gdb_server *server, struct gdb_reply *out);
/* Address of what the dynamic linker keeps for debuggers, or 0. */
uint64_t gdb_debug_slot(struct gdb_server *server, struct replay_task *task);
void gdb_tls(struct gdb_server *server, const char *packet);
/* In the library with this load bias and dynamic section; 0: none. */
uint64_t gdb_find_symbol(struct memory *memory, uint64_t bias,
			 uint64_t dynamic, const char *name);

int gdb_scratch(struct gdb_server *server, const char *packet,
		size_t length);
/* Into a copy before it runs, and out of it when it has stopped. */
int gdb_scratch_give(struct gdb_server *server, struct replay_task *task);
void gdb_scratch_take(struct gdb_server *server, struct replay_task *task);
int gdb_lldb(struct gdb_server *server, const char *packet);
/* What lldb wants in a stop reply. */
void gdb_lldb_stop(struct gdb_server *server);
/* It reads the output of a monitor command in packets of their own. */
void gdb_lldb_output(struct gdb_server *server);
/* A packet more than the one that ends what is answered. */
void gdb_send(struct gdb_server *server, const struct gdb_reply *reply);

/* gdb_copy.c: M and X; P and G. */
void gdb_copy_write(struct gdb_server *server, const char *packet,
		    size_t length);
void gdb_copy_registers(struct gdb_server *server, const char *packet);
/* Runs a thread that was sent elsewhere; 0 when none was, and nothing ran. */
int gdb_copy_run(struct gdb_server *server, int is_step, pid_t thread,
		 uint64_t start, uint64_t end, int *err_out);
/*
 * Whether a breakpoint is none in the recording.  gdb keeps its own for a call
 * that never came to its end: where the program has its stack; and in code,
 * which need not be mapped where the debugger goes then.
 */
int gdb_copy_keeps_out(struct gdb_server *server, struct replay_task *task,
		       uint64_t address, int is_mapped);
/* Back to the recording; negative when that failed, and all is over. */
int gdb_copy_discard(struct gdb_server *server);
void gdb_copy_forget(struct gdb_server *server);
/* Prints what there is to say, where gdb takes it. */
void gdb_copy_say(struct gdb_server *server);
/* On the client's terminal, while it waits for a stop or a monitor command. */
void gdb_print(struct gdb_server *server, const char *text);
void gdb_print_bytes(struct gdb_server *server, const void *bytes,
		     size_t length);

void gdb_monitor(struct gdb_server *server, const char *command);
void gdb_files_close(struct gdb_server *server);
void gdb_bookmarks_free(struct gdb_server *server);

#endif
