/* SPDX-License-Identifier: MIT */
/*
 * Calls that reach another process by its pid, in a pid namespace: its memory
 * (by call and by /proc), its cores, its limits, its descriptors.
 */
#include <sys/mount.h>

#include "tracee.h"

static char text[64] = "as it was";

static void write_by_proc(pid_t child)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", child);
	fd = sys(open(path, O_RDWR | O_CLOEXEC));
	check(pwrite(fd, "by /proc", 9, (uintptr_t)text + 32) == 9);
	close(fd);
}

static void affinity(pid_t child)
{
	cpu_set_t all, one, got;
	int first = 0;

	CPU_ZERO(&one);
	sys(sched_getaffinity(child, sizeof(all), &all));
	while (!CPU_ISSET(first, &all))
		first++;
	CPU_SET(first, &one);
	sys(sched_setaffinity(child, sizeof(one), &one));
	sys(sched_getaffinity(child, sizeof(got), &got));
	check(CPU_EQUAL(&one, &got));
	sys(sched_getaffinity(0, sizeof(got), &got));
	check(CPU_EQUAL(&all, &got));
}

static void limits(pid_t child)
{
	struct rlimit limit = { 4096 * 1000, RLIM_INFINITY }, got;

	sys(prlimit(child, RLIMIT_STACK, &limit, NULL));
	sys(prlimit(child, RLIMIT_STACK, NULL, &got));
	check(got.rlim_cur == limit.rlim_cur);
}

static int inside(void)
{
	struct iovec here = { "by a call", 10 }, there = { text, 10 };
	int go[2], pidfd, fd;
	pid_t child;

	sys(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	if (mount("proc", "/proc", "proc", 0, NULL))
		skip("no /proc of its own: errno %d", errno);
	sys(pipe(go));
	child = sys(fork());
	if (child == 0) {
		char byte;

		check(read(go[0], &byte, 1) == 1);
		say("%s, %s\n", text, text + 32);
		_exit(strcmp(text, "by a call") || strcmp(text + 32,
							  "by /proc"));
	}
	check(child == 2);
	check(process_vm_writev(child, &here, 1, &there, 1, 0) == 10);
	write_by_proc(child);
	affinity(child);
	limits(child);
	pidfd = sys(syscall(SYS_pidfd_open, child, 0));
	fd = syscall(SYS_pidfd_getfd, pidfd, go[1], 0);
	put(fd < 0 ? go[1] : fd, "g", 1);
	await_exit(child, 0);
	return 0;
}

int main(void)
{
	pid_t child;

	if (unshare((is_root() ? 0 : CLONE_NEWUSER) | CLONE_NEWNS |
		    CLONE_NEWPID))
		skip("no pid namespace: errno %d", errno);
	child = sys(fork());
	if (child == 0)
		exit(inside());
	child = WEXITSTATUS(await(child));
	return child ? child : success();
}
