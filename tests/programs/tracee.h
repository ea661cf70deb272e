/* SPDX-License-Identifier: MIT */
/*
 * What the tracees share: they check themselves, print what they saw, and end
 * with a line EXIT-SUCCESS.  Exit status 77 means skipped, with a reason.
 *
 * say() is one write(2) per line and no buffer, so that lines survive fork,
 * exec and signals, and so that their order is part of what is compared.
 */
#ifndef REEL_TRACEE_H
#define REEL_TRACEE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

extern char **environ;

UNUSED static void put(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t done = write(fd, text, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			_exit(99);
		text += done;
		length -= done;
	}
}

UNUSED __attribute__((format(printf, 1, 2))) static void say(const char *format,
							     ...)
{
	char line[4096];
	int saved = errno;
	va_list list;
	size_t length;

	va_start(list, format);
	length = vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	put(1, line, length < sizeof(line) ? length : sizeof(line) - 1);
	errno = saved;
}

/* Ends the program (all threads of it) when what it expects is not so. */
#define check(condition)                                               \
	do {                                                           \
		if (!(condition)) {                                    \
			say("FAILED %s:%d: %s (errno %d)\n", __FILE__, \
			    __LINE__, #condition, errno);              \
			_exit(1);                                      \
		}                                                      \
	} while (0)

/* The value of a call that must not return -1. */
#define sys(call)                                                     \
	({                                                            \
		__typeof__(call) value_ = (call);                     \
		if (value_ == (__typeof__(call))-1) {                 \
			say("FAILED %s:%d: %s: errno %d\n", __FILE__, \
			    __LINE__, #call, errno);                  \
			_exit(1);                                     \
		}                                                     \
		value_;                                               \
	})

/* The call must fail with this errno. */
#define fails(call, expected)                                                 \
	do {                                                                  \
		errno = 0;                                                    \
		if ((long)(call) != -1 || errno != (expected)) {              \
			say("FAILED %s:%d: %s: errno %d, not %s\n", __FILE__, \
			    __LINE__, #call, errno, #expected);               \
			_exit(1);                                             \
		}                                                             \
	} while (0)

#define skip(...)                             \
	do {                                  \
		say("SKIPPED: " __VA_ARGS__); \
		say("\n");                    \
		exit(77);                     \
	} while (0)

UNUSED static int success(void)
{
	say("EXIT-SUCCESS\n");
	return 0;
}

UNUSED static void sleep_ms(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

UNUSED static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

UNUSED static int await(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		check(errno == EINTR);
	return status;
}

/* The child must have ended with this exit status. */
UNUSED static void await_exit(pid_t pid, int code)
{
	int status = await(pid);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != code) {
		say("FAILED: child %d: status %#x, exit %d expected\n", pid,
		    status, code);
		_exit(1);
	}
}

UNUSED static void await_signal(pid_t pid, int number)
{
	int status = await(pid);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != number) {
		say("FAILED: child %d: status %#x, signal %d expected\n", pid,
		    status, number);
		_exit(1);
	}
}

/* Waits until the task is in one of these states (see proc(5)). */
UNUSED static void await_state(pid_t tid, const char *states)
{
	for (int tries = 0; tries < 2000; tries++) {
		char path[64], text[256] = "", *state;
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/stat", tid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0) {
			ssize_t n = read(fd, text, sizeof(text) - 1);

			text[n > 0 ? n : 0] = 0;
			close(fd);
		}
		state = strrchr(text, ')');
		if (state && strchr(states, state[2]))
			return;
		sleep_ms(1);
	}
	say("FAILED: task %d never got into state %s\n", tid, states);
	_exit(1);
}

UNUSED static void handle_flags(int number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sys(sigaction(number, &action, NULL));
}

UNUSED static void
handle_info(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler,
				    .sa_flags = flags | SA_SIGINFO };

	sys(sigaction(number, &action, NULL));
}

UNUSED static void mask(int how, int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	check(!pthread_sigmask(how, &set, NULL));
}

UNUSED static pid_t my_tid(void)
{
	return syscall(SYS_gettid);
}

UNUSED static uint64_t hash(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint64_t value = 0xcbf29ce484222325;

	for (size_t i = 0; i < length; i++)
		value = (value ^ at[i]) * 0x100000001b3;
	return value;
}

UNUSED static void say_hex(const char *what, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	char text[256] = "";

	for (size_t i = 0; i < length && i < 100; i++)
		sprintf(text + 2 * i, "%02x", at[i]);
	say("%s %s\n", what, text);
}

static char scratch_path[PATH_MAX];
static pid_t scratch_owner;

UNUSED static int scratch_remove_one(const char *path,
				     const struct stat *status, int kind,
				     struct FTW *walk)
{
	(void)status, (void)kind, (void)walk;
	return remove(path), 0;
}

UNUSED static void scratch_remove(void)
{
	if (getpid() == scratch_owner && !chdir("/"))
		nftw(scratch_path, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes an empty directory, the current one from now on; gone at the end. */
UNUSED static const char *scratch(void)
{
	const char *parent = getenv("TMPDIR");

	snprintf(scratch_path, sizeof(scratch_path), "%s/reel-tracee-XXXXXX",
		 parent && *parent ? parent : "/tmp");
	check(mkdtemp(scratch_path));
	sys(chdir(scratch_path));
	scratch_owner = getpid();
	atexit(scratch_remove);
	return scratch_path;
}

UNUSED static int make_file(const char *path, const void *bytes, size_t length,
			    mode_t mode)
{
	int fd = sys(open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, mode));

	put(fd, bytes, length);
	return fd;
}

/* Appends the program's own file to fd. */
UNUSED static void copy_self(int fd)
{
	static char block[65536];
	int self = sys(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	ssize_t n;

	while ((n = sys(read(self, block, sizeof(block)))) > 0)
		put(fd, block, n);
	close(self);
}

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#define MFD_EXEC 0x10U
#endif
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#define MFD_ALLOW_SEALING 2U
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#define F_SEAL_SEAL 1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW 4
#define F_SEAL_WRITE 8
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 16
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 32
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

UNUSED static int memfd(const char *name, unsigned flags)
{
	return syscall(SYS_memfd_create, name, flags);
}

/* A memfd that may be executed, on kernels that know the flag and others. */
UNUSED static int memfd_executable(const char *name, unsigned flags)
{
	int fd = memfd(name, flags | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd(name, flags);
	if (fd < 0 && errno == EACCES)
		skip("vm.memfd_noexec forbids executable memfds");
	return sys(fd);
}

UNUSED static long futex(void *word, int operation, uint32_t value,
			 const struct timespec *timeout, void *word2,
			 uint32_t value3)
{
	return syscall(SYS_futex, word, operation, value, timeout, word2,
		       value3);
}

UNUSED static void *map_shared(size_t length)
{
	return sys(mmap(NULL, length, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

UNUSED static char *map_private(size_t length)
{
	return sys(mmap(NULL, length, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

UNUSED static int is_root(void)
{
	return geteuid() == 0;
}

#endif
