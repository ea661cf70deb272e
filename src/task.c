/* SPDX-License-Identifier: MIT */
/*
 * ptrace and /proc behind the names of task.h.  Memory goes through
 * /proc/TID/mem, which one descriptor of serves all threads of the address
 * space and which may write where the program may not (proc(5)).
 */
#include "src/task.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/process_file.h"
#include "src/process_maps.h"
#include "traces/report.h"

_Static_assert(sizeof(struct registers) == sizeof(struct user_regs_struct),
	       "registers have the order of user_regs_struct");

/* Of any processor's XSAVE area. */
#define XSTATE_ROOM 16384

enum transfer { TRANSFER_READ, TRANSFER_WRITE };

/* The bytes of one word, at most length; returns how many, or -errno. */
static int transfer_word(pid_t tid, remote_addr addr, char *bytes,
			 size_t length, enum transfer transfer)
{
	remote_addr word_at = addr & ~7ull;
	size_t skip = addr - word_at;
	size_t piece = 8 - skip < length ? 8 - skip : length;
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, tid, word_at, NULL);
	if (errno)
		return -errno;
	if (transfer == TRANSFER_READ) {
		memcpy(bytes, (char *)&word + skip, piece);
		return (int)piece;
	}
	memcpy((char *)&word + skip, bytes, piece);
	if (ptrace(PTRACE_POKEDATA, tid, word_at, word))
		return -errno;
	return (int)piece;
}

/*
 * Without /proc: process_vm_readv(2) and process_vm_writev(2), then word by
 * word what the program itself may not do.  Returns the bytes transferred.
 */
static size_t transfer_by_ptrace(pid_t tid, remote_addr addr, char *bytes,
				 size_t length, enum transfer transfer)
{
	struct iovec here = { bytes, length }, there = { (void *)addr, length };
	ssize_t got = transfer == TRANSFER_READ ?
		process_vm_readv(tid, &here, 1, &there, 1, 0) :
		process_vm_writev(tid, &here, 1, &there, 1, 0);
	size_t done = got > 0 ? (size_t)got : 0;

	while (done < length) {
		int piece = transfer_word(tid, addr + done, bytes + done,
					  length - done, transfer);

		if (piece < 0)
			break;
		done += (size_t)piece;
	}
	return done;
}

static size_t space_memory_read(struct memory *memory, remote_addr addr,
				void *bytes, size_t length)
{
	struct address_space *space = (struct address_space *)memory;
	size_t done = 0;

	if (space->memory_fd < 0)
		return transfer_by_ptrace(space->tid, addr, bytes, length,
					  TRANSFER_READ);
	while (done < length) {
		ssize_t got = pread(space->memory_fd, (char *)bytes + done,
				    length - done, (off_t)(addr + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return done;
}

static int open_memory(pid_t tid)
{
	char path[64];

	if (!proc_is_ours())
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/mem", tid);
	return process_open(path, O_RDWR | O_CLOEXEC);
}

struct address_space *address_space_create(pid_t tid)
{
	static uint64_t last_serial;
	struct address_space *space = xcalloc(1, sizeof(*space));

	space->memory.read = space_memory_read;
	space->memory_fd = open_memory(tid);
	space->tid = tid;
	space->users = 1;
	space->serial = ++last_serial;
	return space;
}

struct address_space *address_space_share(struct address_space *space)
{
	space->users++;
	return space;
}

void address_space_release(struct address_space *space)
{
	if (!space || --space->users)
		return;
	if (space->owner_free)
		space->owner_free(space->owner_data);
	fd_close(&space->memory_fd);
	free(space);
}

int address_space_read(struct address_space *space, remote_addr addr,
		       void *bytes, size_t length)
{
	return memory_read(&space->memory, addr, bytes, length) ? 0 : -EFAULT;
}

int address_space_write(struct address_space *space, remote_addr addr,
			const void *bytes, size_t length)
{
	size_t done = 0;

	if (space->memory_fd < 0)
		return transfer_by_ptrace(space->tid, addr, (char *)bytes,
					  length, TRANSFER_WRITE) == length ?
			       0 : -EFAULT;
	while (done < length) {
		ssize_t put = pwrite(space->memory_fd,
				     (const char *)bytes + done, length - done,
				     (off_t)(addr + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -EFAULT;
		done += (size_t)put;
	}
	return 0;
}

int task_get_registers(const struct task *task, struct registers *out)
{
	return ptrace(PTRACE_GETREGS, task->tid, NULL, out) ? -errno : 0;
}

static int set_word(const struct task *task, unsigned number, uint64_t value)
{
	return ptrace(PTRACE_POKEUSER, task->tid,
		      offsetof(struct user, regs) + 8ul * number, value) ?
		-errno : 0;
}

/*
 * A program may have a segment's base in the kernel's half (wrgsbase), where
 * ptrace(2) sets none: so it must have that one already.
 */
static int set_around_bases(const struct task *task,
			    const struct registers *registers)
{
	struct registers now;
	int err = task_get_registers(task, &now);

	for (unsigned i = 0; i < R_COUNT && !err; i++)
		if (now.value[i] != registers->value[i])
			err = set_word(task, i, registers->value[i]);
	return err;
}

int task_set_registers(const struct task *task,
		       const struct registers *registers)
{
	if (!ptrace(PTRACE_SETREGS, task->tid, NULL, registers))
		return 0;
	return errno == EIO ? set_around_bases(task, registers) : -errno;
}

int task_change_registers(const struct task *task,
			  const struct registers *before,
			  const struct registers *registers)
{
	unsigned changed[2], count = 0;

	for (unsigned i = 0; i < R_COUNT; i++) {
		if (before->value[i] == registers->value[i])
			continue;
		if (count == 2)
			return task_set_registers(task, registers);
		changed[count++] = i;
	}
	for (unsigned i = 0; i < count; i++)
		if (set_word(task, changed[i], registers->value[changed[i]]))
			return -errno;
	return 0;
}

/* The registers as this processor has them. */
static int get_own_xstate(const struct task *task, uint8_t own[XSTATE_ROOM],
			  size_t *length_out)
{
	int has_xsave = extended_layout_has_xsave();
	struct iovec vector = { own, has_xsave ? XSTATE_ROOM : FXSAVE_LENGTH };

	if (ptrace(PTRACE_GETREGSET, task->tid,
		   has_xsave ? NT_X86_XSTATE : NT_PRFPREG, &vector))
		return -errno;
	*length_out = vector.iov_len;
	return 0;
}

ssize_t task_get_xstate(const struct task *task,
			uint8_t bytes[EXTENDED_STATE_LENGTH])
{
	uint8_t own[XSTATE_ROOM];
	size_t length;
	int err = get_own_xstate(task, own, &length);

	if (err)
		return err;
	return (ssize_t)extended_state_to_trace(extended_layout_host(), own,
						length, bytes);
}

int task_set_xstate(const struct task *task, const void *bytes, size_t length,
		    unsigned *missing_out)
{
	uint8_t own[XSTATE_ROOM];
	struct iovec vector = { own, 0 };
	int err = get_own_xstate(task, own, &vector.iov_len);

	if (!err)
		err = extended_state_from_trace(extended_layout_host(), bytes,
						length, own, vector.iov_len,
						missing_out);
	if (err)
		return err;
	return ptrace(PTRACE_SETREGSET, task->tid, extended_layout_has_xsave() ?
		      NT_X86_XSTATE : NT_PRFPREG, &vector) ? -errno : 0;
}

int task_copy_xstate(const struct task *from, const struct task *to)
{
	uint8_t own[XSTATE_ROOM];
	struct iovec vector = { own, 0 };
	int err = get_own_xstate(from, own, &vector.iov_len);

	if (err)
		return err;
	return ptrace(PTRACE_SETREGSET, to->tid, extended_layout_has_xsave() ?
		      NT_X86_XSTATE : NT_PRFPREG, &vector) ? -errno : 0;
}

int task_get_siginfo(const struct task *task, siginfo_t *out)
{
	return ptrace(PTRACE_GETSIGINFO, task->tid, NULL, out) ? -errno : 0;
}

int siginfo_may_be_step(const siginfo_t *info)
{
	return info->si_signo == SIGTRAP &&
	       (info->si_code == TRAP_TRACE || info->si_code == TRAP_BRKPT);
}

int task_set_siginfo(const struct task *task, const siginfo_t *info)
{
	return ptrace(PTRACE_SETSIGINFO, task->tid, NULL, info) ? -errno : 0;
}

int task_get_event_message(const struct task *task, unsigned long *out)
{
	return ptrace(PTRACE_GETEVENTMSG, task->tid, NULL, out) ? -errno : 0;
}

void task_stops_are_awaited(void)
{
	struct sigaction action;

	/* Who ignores the signal has no children to wait for: leave that. */
	if (sigaction(SIGCHLD, NULL, &action) || action.sa_handler != SIG_DFL)
		return;
	action.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &action, NULL);
}

int task_resume(const struct task *task, int request, int signal)
{
	return ptrace(request, task->tid, NULL, (long)signal) ? -errno : 0;
}

char task_kernel_state(pid_t tid)
{
	char path[64], text[512], *after_name;
	int fd;
	ssize_t got;

	/* /proc/TID/stat would add up the times of all threads of the group. */
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", tid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 'X';
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got <= 0)
		return 'X';
	text[got] = '\0';
	after_name = strrchr(text, ')');
	return after_name && after_name[1] ? after_name[2] : 'X';
}

int task_wait(const struct task *task, int *status_out)
{
	for (;;) {
		pid_t got = waitpid(task->tid, status_out, __WALL);

		if (got >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
		if (task_kernel_state(task->tid) != 'Z')
			continue;
		/* A zombie at last, or one whose threads are still there? */
		got = waitpid(task->tid, status_out, __WALL | WNOHANG);
		if (got)
			return got < 0 ? -errno : 0;
		return -ESRCH;
	}
}
