/* SPDX-License-Identifier: MIT */
/*
 * What tells of seccomp filters and no_new_privs tells of the program's own
 * alone, however it is read, and what they are needed for needs them.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include "filtering.h"

#include <sys/ptrace.h>

#ifndef PTRACE_SECCOMP_GET_METADATA
#define PTRACE_SECCOMP_GET_METADATA 0x420d
#endif

static struct sock_filter allow_all[] = { RETURN(SECCOMP_RET_ALLOW) };

static long add_filter(unsigned flags)
{
	struct sock_fprog program = { 1, allow_all };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* ---- how it is read ---- */

static void say_lines(const char *how, char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (!strncmp(line, "Seccomp", 7) ||
		    !strncmp(line, "NoNewPrivs", 10))
			say("%s: %s\n", how, line);
}

static void read_pieces(int fd, size_t piece, const char *how)
{
	char text[8192];
	size_t length = 0;
	ssize_t got;

	sys(lseek(fd, 0, SEEK_SET));
	while ((got = sys(read(fd, text + length, piece))) > 0)
		length += (size_t)got;
	text[length] = '\0';
	say_lines(how, text);
}

static void read_vectors(int fd, const char *how)
{
	char text[8192];
	struct iovec pieces[60];
	ssize_t got;

	for (size_t i = 0; i < 59; i++)
		pieces[i] = (struct iovec){ text + 31 * i, 31 };
	pieces[59] = (struct iovec){ text + 31 * 59, 4096 };
	got = sys(preadv(fd, pieces, 60, 0));
	text[got] = '\0';
	say_lines(how, text);
}

static void read_status(const char *path)
{
	char text[8192];
	int fd = sys(open(path, O_RDONLY));

	text[sys(pread(fd, text, sizeof(text) - 1, 0))] = '\0';
	say_lines(path, text);
	read_pieces(fd, 1, "in bytes");
	read_pieces(fd, 13, "in pieces");
	read_vectors(fd, "in vectors");
	sys(close(fd));
}

static void look(const char *when)
{
	say("%s: mode %d, no_new_privs %d\n", when, prctl(PR_GET_SECCOMP),
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	read_status("/proc/self/status");
	read_status("/proc/thread-self/status");
}

/* ---- what needs no_new_privs ---- */

static void without_privileges(void)
{
	struct sock_filter wrong[] = { LOAD(nr) };
	struct sock_fprog program = { 1, wrong };

	if (getuid() == 0)
		sys(setresuid(65534, 65534, 65534));
	fails(add_filter(0), EACCES);
	fails(add_filter(SECCOMP_FILTER_FLAG_LOG), EACCES);
	fails(add_filter(1u << 20), EINVAL);
	fails(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program),
	      EACCES);
	fails(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), EACCES);
	fails(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 16), EFAULT);
	program.len = 0;
	fails(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), EINVAL);
	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	sys(add_filter(0));
	look("with a filter");
	_exit(0);
}

/* ---- threads ---- */

static int steps[2], forever[2]; /* pipes */

static void *in_other_thread(void *argument)
{
	char byte;

	sys(read(steps[0], &byte, 1));
	say("thread: mode %d, no_new_privs %d\n", prctl(PR_GET_SECCOMP),
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return argument;
}

static void with_threads(void)
{
	pthread_t thread;

	sys(pipe(steps));
	check(!pthread_create(&thread, NULL, in_other_thread, NULL));
	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	check(add_filter(SECCOMP_FILTER_FLAG_TSYNC) == 0);
	sys(write(steps[1], "", 1));
	check(!pthread_join(thread, NULL));
	_exit(0);
}

static volatile pid_t strict_tid;

static void *strict_thread(void *argument)
{
	char byte;

	strict_tid = (pid_t)syscall(SYS_gettid);
	sys(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	syscall(SYS_write, steps[1], "", 1);
	syscall(SYS_read, forever[0], &byte, 1);
	return argument;
}

static void sync_with_strict(void)
{
	pthread_t thread;
	char byte;

	sys(pipe(steps));
	sys(pipe(forever));
	check(!pthread_create(&thread, NULL, strict_thread, NULL));
	sys(read(steps[0], &byte, 1));
	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	say("not with a thread in strict mode: %d\n",
	    add_filter(SECCOMP_FILTER_FLAG_TSYNC) == strict_tid);
	_exit(0);
}

static void strict_parts(void)
{
	fails(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL), EINVAL);
	fails(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, "x"), EINVAL);
	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	sys(add_filter(0));
	fails(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), EINVAL);
	fails(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL), EINVAL);
	_exit(0);
}

/* ---- a tracer ---- */

static void traced(void)
{
	sys(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	sys(raise(SIGSTOP));
	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	sys(INSTALL(SECCOMP_RET_ALLOW, 0, { 4711, SECCOMP_RET_ERRNO | 1 }));
	sys(add_filter(SECCOMP_FILTER_FLAG_LOG));
	sys(raise(SIGSTOP));
	_exit(0);
}

static void say_filter(pid_t child, long number)
{
	struct sock_filter code[BPF_MAXINSNS];
	uint64_t metadata[2] = { (uint64_t)number, 77 };
	long length;

	length = ptrace(PTRACE_SECCOMP_GET_FILTER, child, number, code);
	say("filter %ld: %ld %d\n", number, length, length < 0 ? errno : 0);
	for (long i = 0; i < length; i++)
		say("  %#x %u %u %#x\n", code[i].code, code[i].jt, code[i].jf,
		    code[i].k);
	length = ptrace(PTRACE_SECCOMP_GET_METADATA, child, sizeof(metadata),
			metadata);
	say("metadata: %ld %d %d %d\n", length, length < 0 ? errno : 0,
	    (int)metadata[0], (int)metadata[1]);
}

static void look_as_tracer(void)
{
	pid_t child = sys(fork());
	int status;

	if (child == 0)
		traced();
	sys(waitpid(child, &status, 0));
	say_filter(child, 0);
	sys(ptrace(PTRACE_CONT, child, NULL, NULL));
	sys(waitpid(child, &status, 0));
	for (long i = 0; i < 3; i++)
		say_filter(child, i);
	sys(ptrace(PTRACE_CONT, child, NULL, NULL));
	say("traced: %#x\n", await(child));
}

static void run(const char *name, void (*function)(void))
{
	pid_t pid = sys(fork());

	if (pid == 0)
		function();
	say("%s: %#x\n", name, await(pid));
}

int main(void)
{
	struct rlimit none = { 0, 0 };

	sys(setrlimit(RLIMIT_CORE, &none));
	look("at first");
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0)
		run("without privileges", without_privileges);
	run("threads", with_threads);
	run("beside a strict thread", sync_with_strict);
	run("strict mode refused", strict_parts);
	look_as_tracer();
	return success();
}
