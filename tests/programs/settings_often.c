/* SPDX-License-Identifier: MIT */
/*
 * Calls that set and ask for something, made so often that their instructions
 * are replaced: what one of them changes, the next ones go by.
 */
#include <linux/fs.h>
#include <setjmp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/xattr.h>

#include "tracee.h"

#define ROUNDS 12

static volatile sig_atomic_t caught, faults;
static sigjmp_buf out;

static void on_signal(int signal)
{
	caught += signal;
}

static void on_fault(int signal)
{
	faults++;
	siglongjmp(out, signal);
}

static void set(int signal, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler }, before, now;

	check(!sigaction(signal, &action, &before));
	check(!sigaction(signal, NULL, &now));
	check(now.sa_handler == handler);
}

/* With such a signal ignored, a bad address is only an error. */
static void read_badly(void)
{
	struct timespec time;
	long result = syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8ul);

	check(result < 0 && errno == EFAULT);
	result = syscall(SYS_access, 8ul, F_OK);
	check(result < 0 && errno == EFAULT);
	check(!clock_gettime(CLOCK_MONOTONIC, &time));
}

static void fault(void)
{
	if (!sigsetjmp(out, 1))
		*(volatile char *)8 = 1;
}

static void actions(int round)
{
	set(SIGUSR1, round & 1 ? on_signal : SIG_IGN);
	raise(SIGUSR1);
	set(SIGCHLD, round & 1 ? on_signal : SIG_DFL);
	set(SIGSEGV, round & 1 ? SIG_IGN : on_fault);
	read_badly();
	set(SIGSEGV, on_fault);
	fault();
	check(sigaction(SIGKILL, &(struct sigaction){ 0 }, NULL) < 0);
	check(syscall(SYS_rt_sigaction, SIGUSR2, 8ul, NULL, 8) < 0 &&
	      errno == EFAULT);
}

static void one_child(void)
{
	int status;
	pid_t child = fork();

	if (!child)
		_exit(3);
	while (waitpid(child, &status, 0) < 0)
		check(errno == EINTR);
	check(WEXITSTATUS(status) == 3);
}

/* With our memory, but descriptors and actions of its own. */
static int apart(void *argument)
{
	int *fds = argument;
	char text[4] = "";

	for (int i = 0; i < 6; i++) {
		set(SIGSEGV, SIG_DFL);
		set(SIGUSR2, i & 1 ? on_signal : SIG_DFL);
		/* What was a file is a pipe. */
		check(dup2(fds[1], fds[0]) == fds[0]);
		check(write(fds[0], "abc", 3) == 3);
		check(dup2(fds[2], fds[0]) == fds[0]);
		check(read(fds[0], text, 3) == 3 && !strcmp(text, "abc"));
		check(!close(fds[0]));
	}
	return 5;
}

static void child_apart(int file, int reader, int writer)
{
	static char stack[65536] __attribute__((aligned(16)));
	int fds[3] = { file, writer, reader }, status;
	struct sigaction now;
	pid_t child;

	set(SIGSEGV, SIG_IGN);
	check(pwrite(file, "x", 1, 0) == 1 && !fsync(file));
	child = clone(apart, stack + sizeof(stack),
		      CLONE_VM | CLONE_VFORK | SIGCHLD, fds);
	check(child > 0);
	while (waitpid(child, &status, 0) < 0)
		check(errno == EINTR);
	check(WEXITSTATUS(status) == 5);
	/* Ours are what they were. */
	read_badly();
	check(!sigaction(SIGSEGV, NULL, &now) && now.sa_handler == SIG_IGN);
	check(pwrite(file, "y", 1, 0) == 1 && !fsync(file));
	set(SIGSEGV, on_fault);
}

static void copies(int from, int to, const char *map, int round)
{
	off_t at = round, back = 0;
	loff_t in = 0, into = 100 * round;
	char text[16];

	snprintf(text, sizeof(text), "round %02d", round);
	check(pwrite(from, text, 8, round) == 8);
	check(sendfile(to, from, &at, 8) == 8 && at == round + 8);
	check(pread(to, text, 8, 8 * round) == 8);
	check(copy_file_range(from, &in, to, &into, 8, 0) == 8 ||
	      errno == EXDEV || errno == EOPNOTSUPP);
	check(copy_file_range(from, &back, -1, NULL, 8, 0) < 0 &&
	      errno == EBADF);
	/* What is mapped shared changes with the file. */
	check(!memcmp(map + 8 * round, text, 8));
	check(ioctl(to, FICLONE, from) < 0);
}

static void syncs(int fd, int round)
{
	check(!fsync(fd) && !fdatasync(fd));
	check(!fallocate(fd, FALLOC_FL_KEEP_SIZE, 8192, 4096) ||
	      errno == EOPNOTSUPP);
	check(fsync(-1) < 0 && errno == EBADF);
	check(!sync_file_range(fd, 0, 4096, 0) || errno == ESPIPE);
	check(!posix_fadvise(fd, 0, round, POSIX_FADV_NORMAL));
}

static void attributes(int fd, const char *path, int round)
{
	struct timeval times[2] = { { round, 1 }, { round + 1, 2 } };
	struct stat status;
	char text[16];

	snprintf(text, sizeof(text), "value %d", round);
	if (!fsetxattr(fd, "user.reel", text, strlen(text), 0)) {
		char got[16];

		check(getxattr(path, "user.reel", got, sizeof(got)) ==
		      (ssize_t)strlen(text));
		check(!removexattr(path, "user.reel"));
		check(!setxattr(path, "user.reel", text, 3, XATTR_CREATE));
		check(!fremovexattr(fd, "user.reel"));
	}
	check(fremovexattr(fd, "user.reel") < 0);
	check(!utimes(path, times) && !stat(path, &status));
	check(status.st_mtime == round + 1 && status.st_atime == round);
	check(!unlink("pipe") || !round);
	check(!mkfifo("pipe", 0600));
}

static void sockets(int round)
{
	int pair[2], value = round + 1, tcp = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t length = sizeof(value);
	struct linger linger = { round & 1, 1 };
	char text[64];

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	check(!setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &value, length));
	value = 0;
	check(!getsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &value, &length));
	check(value == 1 && length == sizeof(value));
	check(!setsockopt(tcp, SOL_SOCKET, SO_LINGER, &linger,
			  sizeof(linger)));
	check(getsockopt(tcp, SOL_SOCKET, SO_ERROR, &value, &length) == 0 &&
	      value == 0);
	check(getsockopt(tcp, SOL_SOCKET, 9999, &value, &length) < 0);
	/* A read waits for so much. */
	value = 1 + round % 3;
	check(!setsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, &value,
			  sizeof(value)));
	check(write(pair[1], "abc", 3) == 3);
	check(read(pair[0], text, sizeof(text)) == 3);
	close(pair[0]);
	close(pair[1]);
	close(tcp);
}

static void polls(int reader, int writer)
{
	struct pollfd fds[2] = { { .fd = reader, .events = POLLIN },
				 { .fd = writer, .events = POLLOUT } };
	struct timespec none = { 0, 0 }, some = { 5, 0 };
	struct timespec wrong = { 0, 2000000000 };
	sigset_t mask;
	char byte;

	sigemptyset(&mask);
	check(ppoll(fds, 1, &none, NULL) == 0 && !fds[0].revents);
	check(ppoll(fds, 2, &some, &mask) == 1 && fds[1].revents == POLLOUT);
	check(ppoll(fds, 2, NULL, NULL) == 1);
	check(ppoll(fds, 1, &wrong, &mask) < 0 && errno == EINVAL);
	check(write(writer, "x", 1) == 1);
	check(ppoll(fds, 1, &some, &mask) == 1 && fds[0].revents == POLLIN);
	check(read(reader, &byte, 1) == 1);
	some = (struct timespec){ 0, 1000 };
	check(ppoll(fds, 1, &some, &mask) == 0);
}

/* A signal that only the mask lets in comes when there is nothing else. */
static void masked(int reader, int writer)
{
	struct pollfd fds = { .fd = reader, .events = POLLIN };
	struct timespec none = { 0, 0 };
	sigset_t mask, before;
	char byte;

	set(SIGUSR1, on_signal);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	check(!sigprocmask(SIG_BLOCK, &mask, &before));
	raise(SIGUSR1);
	check(write(writer, "x", 1) == 1);
	check(ppoll(&fds, 1, &none, &before) == 1);
	check(read(reader, &byte, 1) == 1);
	caught = 0;
	check(ppoll(&fds, 1, &none, &before) < 0 && errno == EINTR);
	check(caught == SIGUSR1);
	check(!sigprocmask(SIG_SETMASK, &before, NULL));
}

static void limits(int round)
{
	struct rlimit limit, set_to;
	struct sysinfo information;

	check(!getrlimit(RLIMIT_NOFILE, &limit));
	set_to = limit;
	set_to.rlim_cur = limit.rlim_max > 256 ? 200u + (rlim_t)round :
						  limit.rlim_max;
	check(!setrlimit(RLIMIT_NOFILE, &set_to));
	check(!prlimit(0, RLIMIT_NOFILE, NULL, &limit));
	check(limit.rlim_cur == set_to.rlim_cur);
	check(!sysinfo(&information) && information.totalram);
}

int main(void)
{
	int from = open("from", O_RDWR | O_CREAT | O_TRUNC, 0600);
		int plain = open("plain", O_RDWR | O_CREAT | O_TRUNC, 0600);
	int shared = (int)syscall(SYS_memfd_create, "shared", 0);
	int ends[2];
	char *map;

	check(from >= 0 && plain >= 0 && shared >= 0 && !pipe(ends));
	check(!ftruncate(shared, 4096) && !ftruncate(from, 4096));
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, shared, 0);
	check(map != MAP_FAILED);
	for (int round = 0; round < ROUNDS; round++) {
		actions(round);
		one_child();
		child_apart(plain, ends[0], ends[1]);
		copies(from, shared, map, round);
		check(copy_file_range(from, &(loff_t){ 0 }, plain,
				      &(loff_t){ round }, 8, 0) == 8);
		syncs(plain, round);
		syncs(shared, round);
		attributes(plain, "plain", round);
		sockets(round);
		polls(ends[0], ends[1]);
		masked(ends[0], ends[1]);
		limits(round);
		say("round %d: %d faults, map %.8s\n", round, (int)faults,
		    map + 8 * round);
	}
	say("EXIT-SUCCESS\n");
	return 0;
}
