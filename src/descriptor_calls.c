/* SPDX-License-Identifier: MIT */
/*
 * What system calls do to descriptors, one row or one function for each.  A
 * call that has neither and returns a descriptor is known by the system call
 * table (syscalls.def): the descriptor is there, and nobody knows what it is.
 */
#include "src/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "src/decode_names.h"
#include "src/decode_text.h"
#include "src/syscall_rows.h"
#include "traces/report.h"

#ifndef SYS_fsopen
#define SYS_fsopen 430
#define SYS_fsmount 432
#define SYS_fspick 433
#define SYS_open_tree 428
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif

#define PASSED_MAX 253 /* SCM_MAX_FD, unix(7) */
#define CONTROL_MAX 65536u
#define STATUS_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | \
		      O_ASYNC | O_DIRECT | O_NOATIME | O_PATH)

/* The kernel's struct stat and struct statx (stat(2), statx(2)). */
#define MODE_IN_STAT 24
#define MODE_IN_STATX 28

/* A call of a task that has ended well. */
struct ended_call {
	struct descriptors *descriptors;
	struct dump_task *task;
	struct descriptor_table *table;
	const struct event *event;
	const uint64_t *arguments;
	int64_t result;
	struct memory *memory; /* that it read and wrote */
};

/* ---- what the call's memory holds ---- */

static int read_bytes(const struct ended_call *call, uint64_t address,
		      void *bytes, size_t length)
{
	return memory_read(call->memory, address, bytes, length);
}

/* For the caller to free; "?" where the trace does not have it. */
static char *read_string(const struct ended_call *call, uint64_t address)
{
	size_t length = memory_string_length(call->memory, address, 4096);
	char *string = xcalloc(1, length + 1);

	if (!length || !read_bytes(call, address, string, length)) {
		free(string);
		return xstrdup("?");
	}
	return string;
}

static char *printable(const char *string)
{
	struct text text = { 0 };
	char *copy;

	text_escape(&text, string, strlen(string));
	copy = xstrdup(text_string(&text));
	text_deinit(&text);
	return copy;
}

static char *argument_text(const struct ended_call *call, unsigned argument)
{
	struct text text = { 0 };
	char *copy;

	decode_argument(&call->task->decoder, argument, &text);
	copy = xstrdup(text_string(&text));
	text_deinit(&text);
	return copy;
}

static struct open_file *file_of(const struct ended_call *call, uint64_t number)
{
	struct descriptor *found = descriptor_find(call->table, (int)number);

	return found ? found->file : NULL;
}

static void add(const struct ended_call *call, int64_t number,
		struct open_file *file, enum exec_fate fate)
{
	if (number < 0 || number > INT32_MAX)
		open_file_release(file);
	else
		descriptor_set(call->table, (int)number, file, fate);
}

static void add_shared(const struct ended_call *call, int64_t number,
		       uint64_t from, enum exec_fate fate)
{
	struct open_file *file = file_of(call, from);

	if (file)
		add(call, number, open_file_share(file), fate);
	else
		add(call, number, open_file_create("?", call->event->number),
		    fate);
}

/* ---- calls that make one descriptor, which is their result ---- */

enum { NO_FLAGS = -1, ALWAYS_CLOSES = -2 };

static const struct maker {
	int number;
	const char *kind;
	int flags;	 /* the argument that has them */
	uint32_t closes; /* the flag that makes it close on exec */
	int what;	 /* the argument that names it, as dump shows it; -1 */
	uint32_t access; /* O_RDWR ... */
} makers[] = {
	{ SYS_socket, "socket", 1, SOCK_CLOEXEC, -1, O_RDWR },
	{ SYS_eventfd, "eventfd", NO_FLAGS, 0, -1, O_RDWR },
	{ SYS_eventfd2, "eventfd", 1, O_CLOEXEC, -1, O_RDWR },
	{ SYS_epoll_create, "epoll", NO_FLAGS, 0, -1, O_RDWR },
	{ SYS_epoll_create1, "epoll", 0, O_CLOEXEC, -1, O_RDWR },
	{ SYS_timerfd_create, "timerfd", 1, O_CLOEXEC, 0, O_RDWR },
	{ SYS_signalfd, "signalfd", NO_FLAGS, 0, 1, O_RDWR },
	{ SYS_signalfd4, "signalfd", 3, O_CLOEXEC, 1, O_RDWR },
	{ SYS_inotify_init, "inotify", NO_FLAGS, 0, -1, O_RDONLY },
	{ SYS_inotify_init1, "inotify", 0, O_CLOEXEC, -1, O_RDONLY },
	{ SYS_fanotify_init, "fanotify", 0, 1, -1, O_RDWR },
	{ SYS_pidfd_open, "pidfd", ALWAYS_CLOSES, 0, 0, O_RDWR },
	{ SYS_mq_open, "mqueue", ALWAYS_CLOSES, 0, 0, 0 },
	{ SYS_fsopen, "fscontext", 1, 1, 0, O_RDWR },
	{ SYS_fspick, "fscontext", 2, 1, 1, O_RDWR },
	{ SYS_fsmount, "mount", 1, 1, -1, O_PATH },
	{ SYS_open_tree, "mount", 2, O_CLOEXEC, 1, O_PATH },
	{ SYS_landlock_create_ruleset, "landlock", ALWAYS_CLOSES, 0, -1,
	  O_RDWR },
};

static enum exec_fate fate_of(const struct maker *maker,
			      const struct ended_call *call)
{
	if (maker->flags == ALWAYS_CLOSES)
		return CLOSES_ON_EXEC;
	if (maker->flags == NO_FLAGS)
		return STAYS_OPEN;
	return call->arguments[maker->flags] & maker->closes ?
	       CLOSES_ON_EXEC : STAYS_OPEN;
}

static char *socket_text(const struct ended_call *call)
{
	AUTO(heap_free) char *family = argument_text(call, 0);
	AUTO(heap_free) char *type = argument_text(call, 1);
	char *flag = strchr(type, '|'); /* SOCK_CLOEXEC and the like */

	if (flag)
		*flag = '\0';
	return xasprintf("%s %s", family, type);
}

static void make_one(const struct maker *maker, const struct ended_call *call)
{
	struct open_file *file;

	if ((call->task->decoder.call.number == SYS_signalfd ||
	     call->task->decoder.call.number == SYS_signalfd4) &&
	    (int)call->arguments[0] != -1)
		return; /* it changes an old one */
	file = open_file_create(maker->kind, call->event->number);
	file->has_flags = 1;
	file->flags = maker->access;
	if (maker->flags >= 0 && maker->closes == O_CLOEXEC)
		file->flags |= call->arguments[maker->flags] & O_NONBLOCK;
	if (maker->number == SYS_mq_open)
		file->flags = call->arguments[1] & (O_ACCMODE | O_NONBLOCK);
	if (maker->number == SYS_pidfd_open)
		file->pid = (int)call->arguments[0];
	if (maker->number == SYS_socket)
		file->what = socket_text(call);
	else if (maker->what >= 0)
		file->what = argument_text(call, (unsigned)maker->what);
	add(call, call->result, file, fate_of(maker, call));
}

static const struct maker *find_maker(int number)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++)
		if (makers[i].number == number)
			return &makers[i];
	return NULL;
}

/* ---- files ---- */

/* The file that a path such as /proc/self/fd/5 leads to again, or NULL. */
static struct open_file *reopened(const struct ended_call *call,
				  const char *path)
{
	const struct dump_task *task = call->task;
	unsigned pid, number;
	int length = 0;

	if (sscanf(path, "/dev/fd/%u%n", &number, &length) == 1 ||
	    sscanf(path, "/proc/self/fd/%u%n", &number, &length) == 1 ||
	    sscanf(path, "/proc/thread-self/fd/%u%n", &number, &length) == 1) {
		/* of this task */
	} else if (sscanf(path, "/proc/%u/fd/%u%n", &pid, &number,
			  &length) == 2) {
		task = descriptors_find_pid(call->descriptors, (int)pid);
	} else if (!strcmp(path, "/dev/stdin") ||
		   !strcmp(path, "/dev/stdout") ||
		   !strcmp(path, "/dev/stderr")) {
		number = path[8] == 'i' ? 0 : path[8] == 'o' ? 1 : 2;
		length = (int)strlen(path);
	}
	if (!task || !length || path[length])
		return NULL;
	return descriptor_find(descriptors_of(task), (int)number) ?
	       descriptor_find(descriptors_of(task), (int)number)->file : NULL;
}

static void open_path(const struct ended_call *call, uint64_t path,
		      uint64_t flags)
{
	AUTO(heap_free) char *name = read_string(call, path);
	const struct open_file *again = reopened(call, name);
	struct open_file *file = open_file_create("?", call->event->number);

	file->what = printable(name);
	file->has_flags = 1;
	file->flags = flags & STATUS_FLAGS;
	file->offset_state = OFFSET_KNOWN; /* shown when it is a plain file */
	if (again) {
		file->kind = again->kind;
		file->memfd = again->memfd;
	} else if (flags & O_PATH) {
		file->kind = "path";
		file->offset_state = OFFSET_NONE;
	} else if ((flags & O_TMPFILE) == O_TMPFILE) {
		file->kind = "file";
	} else if (flags & O_DIRECTORY) {
		file->kind = "directory";
	}
	add(call, call->result, file,
	    flags & O_CLOEXEC ? CLOSES_ON_EXEC : STAYS_OPEN);
}

static void open_how(const struct ended_call *call)
{
	uint64_t flags = 0;

	read_bytes(call, call->arguments[2], &flags, sizeof(flags));
	open_path(call, call->arguments[1], flags);
}

static void make_memfd(const struct ended_call *call)
{
	AUTO(heap_free) char *name = read_string(call, call->arguments[0]);
	struct open_file *file = open_file_create("memfd",
						  call->event->number);
	AUTO(heap_free) char *text = printable(name);

	file->what = xasprintf("memfd:%s", text);
	file->has_flags = 1;
	file->flags = O_RDWR;
	file->offset_state = OFFSET_KNOWN;
	file->memfd = memfd_create_known(call->descriptors, name,
					 call->event->number);
	add(call, call->result, file, call->arguments[1] & MFD_CLOEXEC ?
	    CLOSES_ON_EXEC : STAYS_OPEN);
}

/* What fstat(2) says it is. */
static void learn_kind(struct open_file *file, uint32_t mode)
{
	static const struct {
		uint32_t type;
		const char *kind;
	} kinds[] = {
		{ S_IFREG, "file" }, { S_IFDIR, "directory" },
		{ S_IFCHR, "device" }, { S_IFBLK, "device" },
		{ S_IFIFO, "pipe" }, { S_IFSOCK, "socket" },
		{ S_IFLNK, "link" },
	};

	if (!file || strcmp(file->kind, "?"))
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if ((mode & S_IFMT) == kinds[i].type)
			file->kind = kinds[i].kind;
}

static void learn_mode(const struct ended_call *call, uint64_t structure,
		       size_t offset, size_t length)
{
	uint32_t mode = 0;

	if (read_bytes(call, structure + offset, &mode, length))
		learn_kind(file_of(call, call->arguments[0]), mode);
}

/* ---- positions ---- */

static void advance(struct open_file *file, int64_t count, int is_write)
{
	if (!file || file->offset_state != OFFSET_KNOWN || count <= 0)
		return;
	if (is_write && (file->flags & O_APPEND))
		file->offset_state = OFFSET_UNKNOWN; /* at the end, wherever */
	else
		file->offset += (uint64_t)count;
}

static void changed(const struct ended_call *call, uint64_t number,
		    enum memfd_change change)
{
	const struct open_file *file = file_of(call, number);

	if (file && file->memfd && call->descriptors->changed)
		call->descriptors->changed(call->descriptors->context,
					   call->event, file->memfd, change);
}

/* The positions are at addresses; NULL means the file's own. */
static void move_between(const struct ended_call *call, uint64_t from,
			 uint64_t from_position, uint64_t to,
			 uint64_t to_position)
{
	if (!from_position)
		advance(file_of(call, from), call->result, 0);
	if (!to_position)
		advance(file_of(call, to), call->result, 1);
	if (call->result > 0)
		changed(call, to, MEMFD_WRITTEN);
}

static void read_or_write(const struct ended_call *call, int is_write,
			  int uses_position)
{
	if (uses_position)
		advance(file_of(call, call->arguments[0]), call->result,
			is_write);
	if (is_write && call->result > 0)
		changed(call, call->arguments[0], MEMFD_WRITTEN);
}

static void seek(const struct ended_call *call)
{
	struct open_file *file = file_of(call, call->arguments[0]);

	if (!file)
		return;
	file->offset_state = OFFSET_KNOWN;
	file->offset = (uint64_t)call->result;
}

static void lose_position(const struct ended_call *call)
{
	struct open_file *file = file_of(call, call->arguments[0]);

	if (file && call->result)
		file->offset_state = OFFSET_UNKNOWN;
}

static void map(const struct ended_call *call)
{
	uint64_t sharing = call->arguments[3] & MAP_TYPE;

	if (!(call->arguments[3] & MAP_ANONYMOUS) &&
	    (call->arguments[2] & PROT_WRITE) &&
	    (sharing == MAP_SHARED || sharing == MAP_SHARED_VALIDATE))
		changed(call, call->arguments[4], MEMFD_MAPPED);
}

/* ---- pairs ---- */

static void make_pair(const struct ended_call *call, uint64_t array,
		      uint64_t flags, const char *kind)
{
	int is_pipe = !strcmp(kind, "pipe"), numbers[2];
	struct open_file *files[2];

	if (!read_bytes(call, array, numbers, sizeof(numbers)))
		return;
	for (int i = 0; i < 2; i++) {
		files[i] = open_file_create(kind, call->event->number);
		files[i]->has_flags = 1;
		files[i]->flags = flags & (O_NONBLOCK | O_DIRECT);
		files[i]->flags |= !is_pipe ? O_RDWR : i ? O_WRONLY : O_RDONLY;
		if (!is_pipe)
			files[i]->what = socket_text(call);
	}
	files[0]->peer = files[1];
	files[1]->peer = files[0];
	for (int i = 0; i < 2; i++)
		add(call, numbers[i], files[i], flags & O_CLOEXEC ?
		    CLOSES_ON_EXEC : STAYS_OPEN);
}

/* ---- sockets ---- */

static void accept_one(const struct ended_call *call, uint64_t flags)
{
	const struct open_file *listener = file_of(call, call->arguments[0]);
	struct open_file *file = open_file_create("socket",
						  call->event->number);

	if (listener && listener->what)
		file->what = xstrdup(listener->what);
	if (call->arguments[1])
		file->peer_address = argument_text(call, 1);
	file->has_flags = 1;
	file->flags = O_RDWR | (flags & O_NONBLOCK);
	add(call, call->result, file,
	    flags & SOCK_CLOEXEC ? CLOSES_ON_EXEC : STAYS_OPEN);
}

static void name_socket(const struct ended_call *call, int is_peer)
{
	struct open_file *file = file_of(call, call->arguments[0]);
	AUTO(heap_free) char *address = argument_text(call, 1);
	char *old;

	if (!file)
		return;
	old = is_peer ? file->peer_address : file->what;
	if (is_peer)
		file->peer_address = xstrdup(address);
	else
		file->what = xasprintf("%s, bound to %s", old ? old : "?",
				       address);
	free(old);
}

/* The numbers in the SCM_RIGHTS of a message header at address. */
static size_t passed_numbers(const struct ended_call *call, uint64_t address,
			     int numbers[PASSED_MAX])
{
	AUTO(heap_free) uint8_t *control = NULL;
	struct msghdr header;
	struct cmsghdr part;
	size_t count = 0, at = 0;

	if (!read_bytes(call, address, &header, sizeof(header)) ||
	    !header.msg_control || header.msg_controllen > CONTROL_MAX)
		return 0;
	control = xcalloc(1, header.msg_controllen + 1);
	if (!read_bytes(call, (uint64_t)(uintptr_t)header.msg_control, control,
			header.msg_controllen))
		return 0;
	while (header.msg_controllen - at >= sizeof(part)) {
		memcpy(&part, control + at, sizeof(part));
		if (part.cmsg_len < sizeof(part) ||
		    part.cmsg_len > header.msg_controllen - at)
			break;
		for (size_t i = sizeof(part); count < PASSED_MAX &&
		     part.cmsg_level == SOL_SOCKET &&
		     part.cmsg_type == SCM_RIGHTS &&
		     i + sizeof(int) <= part.cmsg_len; i += sizeof(int))
			memcpy(&numbers[count++], control + at + i,
			       sizeof(int));
		at += CMSG_ALIGN(part.cmsg_len);
		if (at > header.msg_controllen)
			break;
	}
	return count;
}

static void send_message(const struct ended_call *call, uint64_t header)
{
	const struct open_file *socket = file_of(call, call->arguments[0]);
	struct open_file *files[PASSED_MAX];
	int numbers[PASSED_MAX];
	size_t count = passed_numbers(call, header, numbers);

	if (!count || !socket || !socket->peer)
		return;
	for (size_t i = 0; i < count; i++) {
		struct open_file *file = file_of(call, (uint64_t)numbers[i]);

		files[i] = file ? open_file_share(file) :
				  open_file_create("?", call->event->number);
	}
	open_file_pass(socket->peer, files, count);
}

static void receive_message(const struct ended_call *call, uint64_t header,
			    uint64_t flags)
{
	struct open_file *socket = file_of(call, call->arguments[0]);
	struct open_file *files[PASSED_MAX];
	int numbers[PASSED_MAX];
	size_t count = passed_numbers(call, header, numbers), known = 0;

	if (count && socket)
		known = open_file_receive(socket, files, count);
	for (size_t i = known; i < count; i++) {
		files[i] = open_file_create("?", call->event->number);
		files[i]->what = xasprintf("received from %d",
					   (int)call->arguments[0]);
	}
	for (size_t i = 0; i < count; i++)
		add(call, numbers[i], files[i], flags & MSG_CMSG_CLOEXEC ?
		    CLOSES_ON_EXEC : STAYS_OPEN);
}

static void many_messages(const struct ended_call *call, int is_receive)
{
	for (int64_t i = 0; i < call->result; i++) {
		uint64_t header = call->arguments[1] +
				  (uint64_t)i * sizeof(struct mmsghdr);

		if (is_receive)
			receive_message(call, header, call->arguments[3]);
		else
			send_message(call, header);
	}
}

/* ---- processes ---- */

static void make_pidfd(const struct ended_call *call, uint64_t address,
		       int pid)
{
	struct open_file *file = open_file_create("pidfd",
						  call->event->number);
	int number = -1;

	read_bytes(call, address, &number, sizeof(number));
	file->pid = pid;
	file->has_flags = 1;
	file->flags = O_RDWR;
	file->what = xasprintf("%d", pid);
	add(call, number, file, CLOSES_ON_EXEC);
}

static void clone_with(const struct ended_call *call)
{
	uint64_t extended[2]; /* flags, pidfd of struct clone_args */

	if (call->task->decoder.call.number == SYS_clone) {
		if (call->arguments[0] & CLONE_PIDFD)
			make_pidfd(call, call->arguments[2],
				   (int)call->result);
		return;
	}
	if (read_bytes(call, call->arguments[0], extended, sizeof(extended)) &&
	    (extended[0] & CLONE_PIDFD))
		make_pidfd(call, extended[1], (int)call->result);
}

static void take_from_process(const struct ended_call *call)
{
	const struct open_file *pidfd = file_of(call, call->arguments[0]);
	const struct dump_task *task = pidfd && pidfd->pid ?
		descriptors_find_pid(call->descriptors, pidfd->pid) : NULL;
	const struct descriptor *theirs = task ?
		descriptor_find(descriptors_of(task),
				(int)call->arguments[1]) : NULL;

	add(call, call->result, theirs ? open_file_share(theirs->file) :
	    open_file_create("?", call->event->number), CLOSES_ON_EXEC);
}

/* ---- fcntl and its like ---- */

static void control(const struct ended_call *call)
{
	struct descriptor *descriptor =
		descriptor_find(call->table, (int)call->arguments[0]);

	switch (call->arguments[1]) {
	case F_DUPFD:
		add_shared(call, call->result, call->arguments[0], STAYS_OPEN);
		return;
	case F_DUPFD_CLOEXEC:
		add_shared(call, call->result, call->arguments[0],
			   CLOSES_ON_EXEC);
		return;
	case F_SETFD:
		if (descriptor)
			descriptor->fate = call->arguments[2] & FD_CLOEXEC ?
					   CLOSES_ON_EXEC : STAYS_OPEN;
		return;
	case F_GETFD:
		if (descriptor)
			descriptor->fate = call->result & FD_CLOEXEC ?
					   CLOSES_ON_EXEC : STAYS_OPEN;
		return;
	case F_GETFL:
		if (descriptor) {
			descriptor->file->has_flags = 1;
			descriptor->file->flags = call->result & STATUS_FLAGS;
		}
		return;
	case F_SETFL:
		if (descriptor && descriptor->file->has_flags) {
			const uint32_t settable = O_APPEND | O_ASYNC |
						  O_DIRECT | O_NOATIME |
						  O_NONBLOCK;
			uint32_t *flags = &descriptor->file->flags;

			*flags = (*flags & ~settable) |
				 (call->arguments[2] & settable);
		}
		return;
	default:
		return;
	}
}

static void close_range_of(const struct ended_call *call)
{
	struct descriptor_table *table;
	unsigned first = (unsigned)call->arguments[0];
	unsigned last = (unsigned)call->arguments[1];

	if (call->arguments[2] & 2 /* CLOSE_RANGE_UNSHARE */)
		descriptors_unshare(call->task);
	table = descriptors_of(call->task);
	if (!(call->arguments[2] & 4 /* CLOSE_RANGE_CLOEXEC */)) {
		descriptor_close_range(table, first, last);
		return;
	}
	for (size_t i = 0; i < table->count; i++)
		if ((unsigned)table->descriptors[i].number >= first &&
		    (unsigned)table->descriptors[i].number <= last)
			table->descriptors[i].fate = CLOSES_ON_EXEC;
}

/* ---- all of them ---- */

/* Calls that make or close descriptors; 0 when it is none of these. */
static int call_on_table(const struct ended_call *call)
{
	const uint64_t *arguments = call->arguments;

	switch (call->task->decoder.call.number) {
	case SYS_open:
		open_path(call, arguments[0], arguments[1]);
		return 1;
	case SYS_creat:
		open_path(call, arguments[0], O_WRONLY);
		return 1;
	case SYS_openat:
		open_path(call, arguments[1], arguments[2]);
		return 1;
	case SYS_openat2:
		open_how(call);
		return 1;
	case SYS_memfd_create:
		make_memfd(call);
		return 1;
	case SYS_dup:
		add_shared(call, call->result, arguments[0], STAYS_OPEN);
		return 1;
	case SYS_dup2:
		if (arguments[0] != arguments[1])
			add_shared(call, call->result, arguments[0],
				   STAYS_OPEN);
		return 1;
	case SYS_dup3:
		add_shared(call, call->result, arguments[0],
			   arguments[2] & O_CLOEXEC ? CLOSES_ON_EXEC :
						      STAYS_OPEN);
		return 1;
	case SYS_pipe:
		make_pair(call, arguments[0], 0, "pipe");
		return 1;
	case SYS_pipe2:
		make_pair(call, arguments[0], arguments[1], "pipe");
		return 1;
	case SYS_socketpair:
		make_pair(call, arguments[3], arguments[1], "socket");
		return 1;
	case SYS_accept:
		accept_one(call, 0);
		return 1;
	case SYS_accept4:
		accept_one(call, arguments[3]);
		return 1;
	case SYS_close:
		descriptor_close(call->table, (int)arguments[0]);
		return 1;
	case SYS_close_range:
		close_range_of(call);
		return 1;
	case SYS_fcntl:
		control(call);
		return 1;
	default:
		return 0;
	}
}

static int call_on_message(const struct ended_call *call)
{
	const uint64_t *arguments = call->arguments;

	switch (call->task->decoder.call.number) {
	case SYS_bind:
		name_socket(call, 0);
		return 1;
	case SYS_connect:
		name_socket(call, 1);
		return 1;
	case SYS_sendmsg:
		send_message(call, arguments[1]);
		return 1;
	case SYS_recvmsg:
		receive_message(call, arguments[1], arguments[2]);
		return 1;
	case SYS_sendmmsg:
		many_messages(call, 0);
		return 1;
	case SYS_recvmmsg:
		many_messages(call, 1);
		return 1;
	case SYS_pidfd_getfd:
		take_from_process(call);
		return 1;
	case SYS_clone:
	case SYS_clone3:
		clone_with(call);
		return 1;
	case SYS_unshare:
		if (arguments[0] & CLONE_FILES)
			descriptors_unshare(call->task);
		return 1;
	default:
		return 0;
	}
}

static int call_on_file(const struct ended_call *call)
{
	const uint64_t *arguments = call->arguments;

	switch (call->task->decoder.call.number) {
	case SYS_read:
	case SYS_readv:
		read_or_write(call, 0, 1);
		return 1;
	case SYS_write:
	case SYS_writev:
		read_or_write(call, 1, 1);
		return 1;
	case SYS_pwrite64:
	case SYS_pwritev:
		read_or_write(call, 1, 0);
		return 1;
	case SYS_preadv2:
		read_or_write(call, 0, (int64_t)arguments[3] == -1);
		return 1;
	case SYS_pwritev2:
		read_or_write(call, 1, (int64_t)arguments[3] == -1);
		return 1;
	case SYS_sendfile:
		move_between(call, arguments[1], arguments[2], arguments[0],
			     0);
		return 1;
	case SYS_splice:
	case SYS_copy_file_range:
		move_between(call, arguments[0], arguments[1], arguments[2],
			     arguments[3]);
		return 1;
	case SYS_lseek:
		seek(call);
		return 1;
	case SYS_getdents:
	case SYS_getdents64:
		lose_position(call);
		return 1;
	case SYS_ftruncate:
	case SYS_fallocate:
		changed(call, arguments[0], MEMFD_RESIZED);
		return 1;
	case SYS_mmap:
		map(call);
		return 1;
	case SYS_fstat:
		learn_mode(call, arguments[1], MODE_IN_STAT, 4);
		return 1;
	case SYS_newfstatat:
		if (arguments[3] & AT_EMPTY_PATH)
			learn_mode(call, arguments[2], MODE_IN_STAT, 4);
		return 1;
	case SYS_statx:
		if (arguments[2] & AT_EMPTY_PATH)
			learn_mode(call, arguments[4], MODE_IN_STATX, 2);
		return 1;
	default:
		return 0;
	}
}

static void learn(const struct ended_call *call, int number)
{
	if (number >= 0 && !descriptor_find(call->table, number))
		add(call, number, open_file_create("?", 0), FATE_UNKNOWN);
}

/* What a successful call uses must be open, wherever it came from. */
static void learn_used(const struct ended_call *call)
{
	const struct syscall_row *row = call->task->decoder.call.row;
	unsigned count = row ? syscall_row_arguments(row) : 0;

	switch (call->task->decoder.call.number) {
	case SYS_close:
	case SYS_close_range:
		return;
	case SYS_dup2:
	case SYS_dup3:
	case SYS_fcntl:
	case SYS_pidfd_getfd:
		count = 1; /* the others are free, or another's */
		break;
	}
	for (unsigned i = 0; i < count; i++)
		if (row_argument_format(row, i) == VALUE_FD &&
		    !row->arguments[i].needs)
			learn(call, (int)call->arguments[i]);
}

/*
 * A new descriptor has the lowest number that is free, so those below are
 * open.  While a call waits, others may open and close some.
 */
static void learn_below(const struct ended_call *call)
{
	const struct syscall_row *row = call->task->decoder.call.row;
	int number = call->task->decoder.call.number;
	int64_t least = 0;

	if (!row || row_return_format(row) != VALUE_FD ||
	    number == SYS_dup2 || number == SYS_dup3 ||
	    call->event->kind != EVENT_SYSCALL || call->result > 65536)
		return;
	if (number == SYS_fcntl)
		least = (int)call->arguments[2];
	for (; least >= 0 && least < call->result; least++)
		learn(call, (int)least);
}

static void learn_result(const struct ended_call *call)
{
	const struct syscall_row *row = call->task->decoder.call.row;
	struct open_file *file;

	if (!row || row_return_format(row) != VALUE_FD)
		return;
	file = open_file_create("?", call->event->number);
	file->what = xasprintf("made by %s", row->name);
	add(call, call->result, file, FATE_UNKNOWN);
}

/* The trace's numbers of the files that the call mapped or executed. */
static void learn_file(const struct ended_call *call, struct memfd *memfd)
{
	for (size_t i = 0; i < call->event->effect_count; i++) {
		const struct effect *effect = &call->event->effects[i];
		struct event_file fixed;

		if (effect->kind != EFFECT_FILE ||
		    effect->length < sizeof(fixed))
			continue;
		memcpy(&fixed, effect->bytes, sizeof(fixed));
		if (!(fixed.use & FILE_MEMFD))
			continue;
		memfd->files = xrealloc(memfd->files, (memfd->file_count + 1) *
					sizeof(*memfd->files));
		memfd->files[memfd->file_count++] = effect->id;
	}
}

static struct ended_call ended_call(struct descriptors *descriptors,
				    struct dump_task *task,
				    const struct event *event)
{
	return (struct ended_call){
		.descriptors = descriptors,
		.task = task,
		.table = descriptors_of(task),
		.event = event,
		.arguments = task->decoder.call.arguments,
		.result = event->result,
		.memory = &task->decoder.after.memory,
	};
}

void descriptors_call(struct descriptors *descriptors, struct dump_task *task,
		      const struct event *event)
{
	struct ended_call call = ended_call(descriptors, task, event);
	const struct maker *maker = find_maker(task->decoder.call.number);
	const struct open_file *file;

	learn_used(&call);
	learn_below(&call);
	if (maker)
		make_one(maker, &call);
	else if (!call_on_table(&call) && !call_on_message(&call) &&
		 !call_on_file(&call))
		learn_result(&call);
	if (task->decoder.call.number != SYS_mmap)
		return;
	file = file_of(&call, call.arguments[4]);
	if (file && file->memfd && !(call.arguments[3] & MAP_ANONYMOUS))
		learn_file(&call, file->memfd);
}

void descriptors_exec(struct descriptors *descriptors, struct dump_task *task,
		      const struct event *event)
{
	struct ended_call call = ended_call(descriptors, task, event);
	AUTO(heap_free) char *path = NULL;
	const struct open_file *file = NULL;

	if (!task->in_call)
		return;
	/* The new program's stack is where the path may have been. */
	call.memory = &task->decoder.before.memory;
	if (task->decoder.call.number == SYS_execveat) {
		path = read_string(&call, call.arguments[1]);
		if (!*path)
			file = file_of(&call, call.arguments[0]);
	} else {
		path = read_string(&call, call.arguments[0]);
	}
	if (!file)
		file = reopened(&call, path);
	if (file && file->memfd)
		learn_file(&call, file->memfd);
}
