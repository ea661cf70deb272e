/* SPDX-License-Identifier: MIT */
/*
 * Which cores the program has, by all that tells it, for itself, a thread and
 * a child; and that it is on one of those that it chooses.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include "tracee.h"

static char *line_of(int tid, const char *name)
{
	static char text[8192];
	char path[64], *line;
	int fd;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	fd = sys(open(path, O_RDONLY | O_CLOEXEC));
	got = sys(read(fd, text, sizeof(text) - 1));
	text[got] = '\0';
	sys(close(fd));
	line = strstr(text, name);
	check(line);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static void show(const char *who)
{
	cpu_set_t mask;

	sys(sched_getaffinity(0, sizeof(mask), &mask));
	say("%s: %d cores, %s,", who, CPU_COUNT(&mask),
	    line_of(my_tid(), "Cpus_allowed:"));
	say(" %s\n", line_of(my_tid(), "Cpus_allowed_list:"));
	check(CPU_ISSET(sched_getcpu(), &mask));
}

static unsigned core_by_rdtscp(void)
{
	unsigned core = 0;

#ifdef __x86_64__
	__builtin_ia32_rdtscp(&core);
#endif
	return core & 0xfff;
}

static void *in_thread(void *argument)
{
	show("thread");
	return argument;
}

/* Each core that there is, one after the other. */
static void choose(void)
{
	cpu_set_t all, one, got;
	pthread_t thread;
	pid_t pid;

	sys(sched_getaffinity(0, sizeof(all), &all));
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(i, &one);
		sys(sched_setaffinity(0, sizeof(one), &one));
		sys(sched_getaffinity(0, sizeof(got), &got));
		check(CPU_EQUAL(&one, &got));
		check(sched_getcpu() == i);
		check((int)core_by_rdtscp() == i);
		show("one");
	}
	check(!pthread_create(&thread, NULL, in_thread, NULL));
	check(!pthread_join(thread, NULL));
	pid = sys(fork());
	if (pid == 0) {
		show("child");
		_exit(0);
	}
	await_exit(pid, 0);
	sys(sched_setaffinity(0, sizeof(all), &all));
}

int main(void)
{
	cpu_set_t none, all, too_many;
	char *before;

	show("all");
	choose();
	show("all again");
	CPU_ZERO(&none);
	fails(sched_setaffinity(0, sizeof(none), &none), EINVAL);
	fails(sched_setaffinity(0, sizeof(none), (void *)8), EFAULT);
	fails(sched_setaffinity(1 << 22, sizeof(none), &none), ESRCH);
	fails(sched_getaffinity(0, 4, &all), EINVAL);
	/* Cores that are not there are left out. */
	sys(sched_getaffinity(0, sizeof(all), &all));
	before = strdup(line_of(getpid(), "Cpus_allowed:"));
	memset(&too_many, 0xff, sizeof(too_many));
	sys(sched_setaffinity(0, sizeof(too_many), &too_many));
	say("with all: %s\n", line_of(getpid(), "Cpus_allowed_list:"));
	sys(sched_setaffinity(0, sizeof(all), &all));
	check(!strcmp(before, line_of(getpid(), "Cpus_allowed:")));
	say("%ld and %ld\n", sysconf(_SC_NPROCESSORS_ONLN),
	    sysconf(_SC_NPROCESSORS_CONF));
	return success();
}
