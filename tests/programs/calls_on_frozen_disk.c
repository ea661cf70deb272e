/* SPDX-License-Identifier: MIT */
/*
 * Calls that a frozen file system holds in the kernel, where no stop reaches
 * them: other threads and processes go on and thaw it (needs root).  The places
 * of the calls are used often before, so that they may be made in any way.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "tracee.h"

enum { WARM = 20, KINDS = 8 };

static int file, place;
static volatile pid_t held;
static volatile int is_warm;
static pthread_mutex_t frozen = PTHREAD_MUTEX_INITIALIZER;

static void make_disk(void)
{
	if (system("exec 2>/dev/null; truncate -s 16M image && "
		   "mkfs.ext4 -q image && mkdir disk && "
		   "mount -o loop image disk"))
		skip("no loop device or mkfs.ext4");
	file = sys(open("disk/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	place = sys(open("disk", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* One that changes the disk, of each kind. */
static long call(int kind, int number)
{
	struct iovec vector[2] = { { "vector", 6 }, { "ed", 2 } };
	char name[64];
	long result;

	snprintf(name, sizeof(name), "disk/%d-%d", kind, number);
	switch (kind) {
	case 0:
		return pwrite(file, "write", 5, number);
	case 1:
		result = sys(openat(AT_FDCWD, name,
				    O_CREAT | O_EXCL | O_CLOEXEC, 0600));
		return sys(close((int)result)) + 1;
	case 2:
		return mkdir(name, 0700);
	case 3:
		return ftruncate(file, 4096 + number);
	case 4:
		return symlink("target", name);
	case 5:
		return write(file, name, 8);
	case 6:
		return writev(file, vector, 2);
	default:
		return chmod("disk/file", number & 1 ? 0600 : 0640);
	}
}

static const long expected[KINDS] = { 5, 1, 0, 0, 0, 8, 8, 0 };

static void *make_calls(void *argument)
{
	int kind = (int)(intptr_t)argument;
	uint64_t kept = 0x123456789abcdefull * (uint64_t)(kind + 1), after;

	for (int i = 0; i < WARM; i++)
		check(call(kind, i) == expected[kind]);
	is_warm = 1;
	pthread_mutex_lock(&frozen);
	held = (pid_t)syscall(SYS_gettid);
	__asm__ volatile("" : "=r"(after) : "0"(kept));
	check(call(kind, WARM) == expected[kind]);
	check(after == kept);
	held = 0;
	pthread_mutex_unlock(&frozen);
	for (int i = WARM + 1; i < 2 * WARM; i++)
		check(call(kind, i) == expected[kind]);
	return NULL;
}

/* The calls of others while one is held; then that may go on. */
static void thaw_it(int kind, pid_t tid)
{
	struct stat status;

	await_state(tid, "D");
	for (int i = 0; i < 100; i++)
		check(!fstat(place, &status) && S_ISDIR(status.st_mode));
	say("kind %d is held, and others go on\n", kind);
	sys(ioctl(place, FITHAW, 0));
}

static void of_threads(void)
{
	for (int kind = 0; kind < KINDS; kind++) {
		pthread_t thread;

		is_warm = 0;
		pthread_mutex_lock(&frozen);
		check(!pthread_create(&thread, NULL, make_calls,
				      (void *)(intptr_t)kind));
		while (!is_warm)
			sched_yield();
		sys(ioctl(place, FIFREEZE, 0));
		pthread_mutex_unlock(&frozen);
		while (!held)
			sched_yield();
		thaw_it(kind, held);
		check(!pthread_join(thread, NULL));
	}
}

/* Of several processes; one of them dies there. */
static void of_processes(void)
{
	pid_t children[3];
	int ready[2];
	char byte;

	sys(pipe(ready));
	for (int i = 0; i < 3; i++) {
		children[i] = sys(fork());
		if (children[i] == 0) {
			for (int n = 100; n < 100 + WARM; n++)
				check(call(2 + i, 100 * i + n) == 0);
			put(ready[1], "r", 1);
			while (access("go", F_OK))
				sleep_ms(1);
			check(call(2 + i, 9000 + i) == 0);
			_exit(5 + i);
		}
	}
	for (int i = 0; i < 3; i++)
		check(read(ready[0], &byte, 1) == 1);
	sys(ioctl(place, FIFREEZE, 0));
	close(make_file("go", "", 0, 0600));
	for (int i = 0; i < 3; i++)
		await_state(children[i], "D");
	sys(kill(children[1], SIGKILL));
	sys(kill(children[2], SIGSTOP));
	say("three are held\n");
	sys(ioctl(place, FITHAW, 0));
	await_exit(children[0], 5);
	await_signal(children[1], SIGKILL);
	sys(kill(children[2], SIGCONT));
	await_exit(children[2], 7);
}

int main(void)
{
	if (!is_root())
		skip("mounts need root");
	scratch();
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		skip("no mount namespace");
	make_disk();
	of_threads();
	of_processes();
	close(file);
	close(place);
	sys(umount("disk"));
	return success();
}
