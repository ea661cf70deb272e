/* SPDX-License-Identifier: MIT */
/* comm: PR_SET_NAME, /proc/self/comm, of threads too, cut at 15 bytes. */
#include "tracee.h"

static void show(const char *who)
{
	char name[17] = "", file[64] = "", path[64];
	int fd;

	sys(prctl(PR_GET_NAME, name));
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", my_tid());
	fd = sys(open(path, O_RDONLY));
	check(read(fd, file, sizeof(file)) == (ssize_t)strlen(name) + 1);
	check(!strncmp(file, name, strlen(name)));
	close(fd);
	say("%s: %s\n", who, name);
}

static void *thread_main(void *unused)
{
	sys(prctl(PR_SET_NAME, "a thread"));
	show("thread");
	return unused;
}

int main(void)
{
	pthread_t thread;
	int fd;

	show("start");
	sys(prctl(PR_SET_NAME, "longer than sixteen bytes"));
	show("cut");
	fd = sys(open("/proc/self/comm", O_WRONLY));
	put(fd, "by file", 7);
	show("written");
	pthread_create(&thread, NULL, thread_main, NULL);
	pthread_join(thread, NULL);
	show("end");
	return success();
}
