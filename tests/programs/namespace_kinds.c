/* SPDX-License-Identifier: MIT */
/*
 * Namespaces of all kinds, by unshare, clone, clone3 and setns, by descriptors
 * of /proc and by pidfd; each is another one than before.
 */
#include <linux/sched.h>
#include <sys/ioctl.h>

#include "tracee.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
#define NS_GET_USERNS _IO(0xb7, 1)
#define NS_GET_PARENT _IO(0xb7, 2)
#define NS_GET_NSTYPE _IO(0xb7, 3)
#define NS_GET_OWNER_UID _IO(0xb7, 4)

static const struct kind {
	const char *name;
	unsigned flag;
} kinds[] = {
	{ "mnt", CLONE_NEWNS },	      { "uts", CLONE_NEWUTS },
	{ "ipc", CLONE_NEWIPC },      { "net", CLONE_NEWNET },
	{ "pid", CLONE_NEWPID },      { "cgroup", CLONE_NEWCGROUP },
	{ "time", CLONE_NEWTIME },    { "user", CLONE_NEWUSER },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static ino_t namespace_of(const char *who, const char *kind)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", who, kind);
	return stat(path, &status) ? 0 : status.st_ino;
}

/* In a namespace of its own: what is it like? */
static void look(const struct kind *kind)
{
	char name[65];
	uid_t owner = -1;
	int fd;

	snprintf(name, sizeof(name), "/proc/self/ns/%s", kind->name);
	fd = sys(open(name, O_RDONLY | O_CLOEXEC));
	check(ioctl(fd, NS_GET_NSTYPE) == (int)kind->flag);
	if (kind->flag == CLONE_NEWUSER && !ioctl(fd, NS_GET_OWNER_UID, &owner))
		say("owned by uid %d\n", owner);
	else
		close(sys(ioctl(fd, NS_GET_USERNS)));
	if (kind->flag == CLONE_NEWUTS) {
		sys(sethostname("elsewhere", 9));
		sys(gethostname(name, sizeof(name)));
		say("called %s\n", name);
	}
	close(fd);
}

static void offsets(void)
{
	struct timespec before, after;
	int fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	pid_t child;

	if (fd < 0)
		return;
	sys(clock_gettime(CLOCK_BOOTTIME, &before));
	put(fd, "monotonic -1000 0\nboottime 500000 0\n", 36);
	close(fd);
	child = sys(fork());
	if (child == 0) {
		sys(clock_gettime(CLOCK_BOOTTIME, &after));
		check(after.tv_sec >= before.tv_sec + 500000);
		say("boottime %d\n", after.tv_sec - before.tv_sec > 400000);
		_exit(0);
	}
	await_exit(child, 0);
}

static int by_unshare(const struct kind *kind)
{
	pid_t child = sys(fork());

	if (child == 0) {
		const char *seen = kind->flag == CLONE_NEWPID ?
			"pid_for_children" : kind->flag == CLONE_NEWTIME ?
			"time_for_children" : kind->name;
		ino_t before = namespace_of("self", kind->name);

		if (unshare(kind->flag)) {
			say("no %s namespace: errno %d\n", kind->name, errno);
			_exit(77);
		}
		if (kind->flag == CLONE_NEWTIME)
			offsets();
		if (kind->flag == CLONE_NEWPID || kind->flag == CLONE_NEWTIME)
			await_exit(sys(fork()) ?: (_exit(0), 0), 0);
		else
			look(kind);
		check(namespace_of("self", seen) != before);
		_exit(0);
	}
	return WEXITSTATUS(await(child));
}

/* A child in a new one, by clone3; a third process joins it. */
static void by_clone3(const struct kind *kind)
{
	int pidfd = -1, hold[2];
	struct clone_args args = {
		.flags = kind->flag | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	char who[16], path[64], byte;
	pid_t child, joining;

	sys(pipe(hold));
	child = sys(syscall(SYS_clone3, &args, sizeof(args)));
	if (child == 0) {
		check(read(hold[0], &byte, 1) == 1);
		_exit(3);
	}
	snprintf(who, sizeof(who), "%d", child);
	joining = sys(fork());
	if (joining == 0) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%s/ns/%s", who, kind->name);
		fd = sys(open(path, O_RDONLY | O_CLOEXEC));
		if (setns(fd, kind->flag) || setns(pidfd, kind->flag))
			say("%s is not joined: errno %d\n", kind->name, errno);
		_exit(0);
	}
	await_exit(joining, 0);
	put(hold[1], "g", 1);
	await_exit(child, 3);
	close(pidfd);
	close(hold[0]);
	close(hold[1]);
}

int main(void)
{
	if (!is_root() && unshare(CLONE_NEWUSER))
		skip("no user namespace: errno %d", errno);
	for (size_t i = 0; i < KINDS; i++) {
		int status = by_unshare(&kinds[i]);

		say("%s: %d\n", kinds[i].name, status);
		check(status == 0 || status == 77);
		if (status == 0)
			by_clone3(&kinds[i]);
	}
	return success();
}
