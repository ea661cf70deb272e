/* SPDX-License-Identifier: MIT */
/*
 * Filters of the program, and the same calls made again and again at the same
 * places: allowed, answered, trapped, traced; by number and by argument; from
 * threads that get the filter from another (TSYNC), over fork and exec.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include <sys/socket.h>
#include <ucontext.h>

#include "filtering.h"

#define TIMES 100

static volatile int traps;

static void handler(int number, siginfo_t *info, void *context)
{
	ucontext_t *user = context;
	const uint8_t *at = (const uint8_t *)info->si_call_addr - 2;

	check(number == SIGSYS && info->si_code == 1);
	check((long)info->si_call_addr == user->uc_mcontext.gregs[REG_RIP]);
	/* at a syscall instruction, or what became of it */
	check(info->si_syscall == user->uc_mcontext.gregs[REG_RAX] &&
	      at != NULL);
	user->uc_mcontext.gregs[REG_RAX] = -1000 - info->si_syscall;
	traps++;
}

static unsigned checksum;

static void count(long value)
{
	checksum = checksum * 31 + (unsigned)value;
}

/* Whatever comes of it, errno too. */
#define TRY(call)                              \
	do {                                   \
		errno = 0;                     \
		count((long)(call));           \
		count(errno);                  \
	} while (0)

static void files(int fd)
{
	char bytes[64], path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	TRY(lseek(fd, 0, SEEK_SET));
	TRY(read(fd, bytes, 10));
	TRY(pread(fd, bytes, 10, 3));
	TRY(write(fd, "0123456789", 10));
	TRY(fstat(fd, &status));
	TRY(access("/", F_OK));
	TRY(fcntl(fd, F_GETFD));
	TRY(fcntl(fd, F_GETFL));
	TRY(fcntl(fd, F_SETFD, FD_CLOEXEC));
	TRY(getppid() > 0);
	TRY(getuid());
	TRY(umask(022));
	TRY(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	TRY(close(fd + 1));
}

static void talk(const int *pipes, const int *sockets)
{
	struct pollfd poll_one = { pipes[0], POLLIN, 0 };
	struct iovec vector[2];
	char bytes[32];

	vector[0] = (struct iovec){ bytes, 3 };
	vector[1] = (struct iovec){ bytes + 8, 5 };
	TRY(write(pipes[1], "abcdefgh", 8));
	TRY(poll(&poll_one, 1, 0));
	TRY(readv(pipes[0], vector, 2));
	TRY(write(sockets[0], "hello", 5));
	TRY(read(sockets[1], bytes, sizeof(bytes)));
	TRY(send(sockets[0], "again", 5, 0));
	TRY(recv(sockets[1], bytes, sizeof(bytes), 0));
	TRY(recv(sockets[1], bytes, sizeof(bytes), MSG_DONTWAIT));
}

static void clocks(void)
{
	struct timespec time;

	TRY(clock_gettime(CLOCK_MONOTONIC, &time));
	TRY(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time));
	TRY(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time));
	TRY(sched_yield());
}

static int memory_file(void)
{
	int fd = sys(memfd_create("file", 0));

	sys(ftruncate(fd, 100));
	return fd;
}

static void all(void)
{
	int pipes[2], sockets[2], fd;

	fd = memory_file();
	sys(pipe(pipes));
	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	fd = sys(dup2(fd, 100));
	for (int i = 0; i < TIMES; i++) {
		files(fd);
		talk(pipes, sockets);
		clocks();
	}
}

/* By what is in an argument: F_GETFL only, and pread(2) below 3. */
static void install_by_argument(unsigned verdict)
{
	struct sock_filter code[] = {
		LOAD(nr),
		IF_IS(SYS_fcntl, 0, 3),
		LOAD(args[1]),
		IF_IS(F_GETFL, 4, 0),
		RETURN(verdict),
		IF_IS(SYS_pread64, 0, 2),
		LOAD(args[3]),
		IF_IS(3, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(verdict),
	};

	sys(install_code(code, sizeof(code) / sizeof(*code), 0));
}

static void child(int which, unsigned verdict)
{
	pid_t pid = sys(fork());
	int status;

	if (!pid) {
		handle_info(SIGSYS, handler, SA_NODEFER);
		if (which == 0)
			sys(INSTALL(SECCOMP_RET_ALLOW, 0,
				    { SYS_getppid, verdict },
				    { SYS_access, verdict },
				    { SYS_pread64, verdict },
				    { SYS_poll, verdict },
				    { SYS_recvfrom, verdict },
				    { SYS_clock_gettime, verdict },
				    { SYS_open, verdict },
				    { SYS_openat, verdict }));
		else if (which == 1)
			install_by_argument(verdict);
		else /* those that reel's agent makes instead of others */
			sys(INSTALL(SECCOMP_RET_ALLOW, 0,
				    { SYS_preadv2, verdict },
				    { SYS_pwritev2, verdict },
				    { SYS_newfstatat, verdict },
				    { SYS_getsockopt, verdict },
				    { SYS_epoll_wait, verdict }));
		all();
		say("%d %#x: %u, %d traps\n", which, verdict, checksum, traps);
		_exit(0);
	}
	status = await(pid);
	say("status %#x\n", status);
}

/* ---- threads ---- */

static pthread_barrier_t both;

static void *thread(void *argument)
{
	unsigned refused = 0;

	for (int i = 0; i < TIMES; i++)
		refused += syscall(SYS_getpgid, 0) < 0;
	check(refused == 0);
	pthread_barrier_wait(&both);
	pthread_barrier_wait(&both);
	for (int i = 0; i < TIMES; i++)
		refused += syscall(SYS_getpgid, 0) < 0 && errno == 77;
	*(unsigned *)argument = refused;
	return NULL;
}

static void synchronized_threads(void)
{
	unsigned refused;
	pthread_t other;

	pthread_barrier_init(&both, NULL, 2);
	check(!pthread_create(&other, NULL, thread, &refused));
	pthread_barrier_wait(&both);
	sys(INSTALL(SECCOMP_RET_ALLOW, SECCOMP_FILTER_FLAG_TSYNC,
		    { SYS_getpgid, SECCOMP_RET_ERRNO | 77 }));
	pthread_barrier_wait(&both);
	check(!pthread_join(other, NULL));
	say("a thread was refused %u times\n", refused);
}

int main(int argc, char **argv)
{
	char *arguments[] = { argv[0], (char *)"again", NULL };

	if (argc > 1) {
		all();
		say("after exec: %u\n", checksum);
		return success();
	}
	for (int which = 0; which < 3; which++) {
		child(which, SECCOMP_RET_ERRNO | 99);
		child(which, SECCOMP_RET_TRAP | 5);
		child(which, SECCOMP_RET_TRACE | 5);
		if (which == 2) /* the kernel's log gets a line for each */
			child(which, SECCOMP_RET_LOG);
		child(which, SECCOMP_RET_KILL_THREAD);
	}
	synchronized_threads();
	sys(execv("/proc/self/exe", arguments));
	return 1;
}
