/* SPDX-License-Identifier: MIT */
/* A tracer follows forks, threads, execs and exits, and reaps them all. */
#include "tracer.h"

#define OPTIONS (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |             \
		 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |             \
		 PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT |         \
		 PTRACE_O_EXITKILL)

static void *thread(void *unused)
{
	return NULL;
}

static void run(void)
{
	char *arguments[] = { "true", NULL };
	pthread_t made;
	pid_t child = sys(fork());

	if (child == 0)
		_exit(5);
	await_exit(child, 5);
	child = vfork();
	if (child == 0)
		_exit(6);
	await_exit(child, 6);
	check(!pthread_create(&made, NULL, thread, NULL));
	check(!pthread_join(made, NULL));
	execv("/bin/true", arguments);
}

static pid_t tasks[8];
static const char *const roles[] = {
	"parent", "forked", "vforked", "thread", "?", "?", "?", "?",
};
static int count;

static int number_of(pid_t tid)
{
	for (int i = 0; i < count; i++)
		if (tasks[i] == tid)
			return i;
	tasks[count] = tid;
	return count++;
}

struct line {
	char text[64];
	int task;
};

static struct line lines[64];
static int line_count;

static void note(int task, const char *what, long number)
{
	check(line_count < 64);
	lines[line_count].task = task;
	snprintf(lines[line_count++].text, sizeof(lines[0].text), "%s %ld",
		 what, number);
}

/* What a made task tells may come before or after what its maker does. */
static void say_lines(void)
{
	for (int task = 0; task < count; task++)
		for (int i = 0; i < line_count; i++)
			if (lines[i].task == task)
				say("%s: %s\n", roles[task], lines[i].text);
}

static void tell_stop(pid_t tid, int status)
{
	unsigned long message = 0;
	siginfo_t info;

	sys(ptrace(PTRACE_GETEVENTMSG, tid, 0, &message));
	sys(ptrace(PTRACE_GETSIGINFO, tid, 0, &info));
	switch (status >> 16) {
	case PTRACE_EVENT_FORK:
		note(0, "fork", number_of((pid_t)message));
		break;
	case PTRACE_EVENT_VFORK:
		note(0, "vfork", number_of((pid_t)message));
		break;
	case PTRACE_EVENT_CLONE:
		note(0, "clone", number_of((pid_t)message));
		break;
	case PTRACE_EVENT_VFORK_DONE:
		note(0, "vfork done", number_of((pid_t)message));
		break;
	case PTRACE_EVENT_EXEC:
		note(number_of(tid), "exec", number_of((pid_t)message));
		break;
	case PTRACE_EVENT_EXIT:
		note(number_of(tid), "exits", (long)message);
		break;
	default:
		check(info.si_signo == WSTOPSIG(status));
	}
}

int main(void)
{
	pid_t child = traced_child(run), tid;
	int status, signal;

	number_of(child);
	sys(ptrace(PTRACE_SETOPTIONS, child, 0, OPTIONS));
	go_on(PTRACE_CONT, child, 0);
	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFEXITED(status)) {
			note(number_of(tid), "exited", WEXITSTATUS(status));
			continue;
		}
		check(WIFSTOPPED(status));
		tell_stop(tid, status);
		signal = WSTOPSIG(status);
		if (signal == SIGTRAP || signal == SIGSTOP)
			signal = 0;
		/* a new task may stop before its maker says its number */
		go_on(PTRACE_CONT, tid, signal);
	}
	check(errno == ECHILD);
	say_lines();
	return success();
}
