/* SPDX-License-Identifier: MIT */
/* How a recording begins: the command is started, seized and pinned. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "src/extended_state.h"
#include "src/record_agent.h"
#include "src/record_cores.h"
#include "src/record_served.h"
#include "src/record_trapped_call.h"
#include "src/recorder.h"
#include "traces/report.h"

extern char **environ;

#define TRACE_OPTIONS                                                      \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | \
	 PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | \
	 PTRACE_O_TRACESECCOMP)

/* ---- the command ---- */

/* In the child: becomes the command, or says why not through the pipe. */
static void become_command(const struct record_options *options,
			   uint32_t filter, int go, int failed)
{
	sigset_t none;
	char byte;
	int error;

	while (read(go, &byte, 1) < 0 && errno == EINTR)
		;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!options->aslr)
		personality(personality(0xffffffff) | ADDR_NO_RANDOMIZE);
	prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
	error = filter ? -record_agent_install_filter(filter) : 0;
	if (filter == SECCOMP_RET_ALLOW)
		error = 0; /* it can do without */
	if (error && write(failed, &error, sizeof(error)) >= 0)
		_exit(127);
	execvpe(options->arguments[0], options->arguments,
		options->environment ? options->environment : environ);
	error = errno;
	if (write(failed, &error, sizeof(error)) < 0)
		_exit(125);
	_exit(127);
}

/*
 * What our own filter does; 0 without one.  Where each call stops in any case
 * it is for those of the vsyscall page, and left out where it would take
 * no_new_privs; who may be let go in the middle would be left with it.
 */
static uint32_t filter_of(const struct recorder *recorder)
{
	if (recorder->options->detach_on_failure)
		return 0;
	if (!recorder->agent_rules)
		return SECCOMP_RET_ALLOW;
	return recorder->traps_calls ? SECCOMP_RET_TRAP | TRAPPED_CALL_DATA :
				       SECCOMP_RET_TRACE;
}

/* A call of the child's own, before its exec, that our filter trapped. */
struct own_call {
	enum { OWN_CALL_NONE, OWN_CALL_AGAIN, OWN_CALL_MADE } state;
	remote_addr place;
};

static int is_trapped(pid_t child, int status)
{
	siginfo_t info;

	return !status_event(status) && WSTOPSIG(status) == SIGSYS &&
	       !ptrace(PTRACE_GETSIGINFO, child, NULL, &info) &&
	       info.si_errno == (int)TRAPPED_CALL_DATA;
}

/* True at a stop for such a call, which goes on past our filter. */
static int let_call_pass(struct own_call *call, pid_t child, int status)
{
	struct task task = { .tid = child };
	struct registers registers;
	int is_call = status_is_syscall(status);

	if (!(call->state == OWN_CALL_NONE ? is_trapped(child, status) :
					     is_call) ||
	    task_get_registers(&task, &registers))
		return 0;
	if (call->state == OWN_CALL_NONE) {
		call->place = registers.value[R_RIP];
		record_rewind_trapped(&registers);
		call->state = OWN_CALL_AGAIN;
	} else if (call->state == OWN_CALL_AGAIN) {
		registers.value[R_RIP] = SECCOMP_PASS_POINTER;
		call->state = OWN_CALL_MADE;
	} else {
		registers.value[R_RIP] = call->place;
		call->state = OWN_CALL_NONE;
	}
	task_set_registers(&task, &registers);
	return 1;
}

static int seize_child(struct recorder *recorder, pid_t child)
{
	long options = TRACE_OPTIONS;

	if (!recorder->options->detach_on_failure)
		options |= PTRACE_O_EXITKILL;
	if (ptrace(PTRACE_SEIZE, child, NULL, options))
		return report(-errno, "trace the command with ptrace "
			      "(reel doctor says what is in the way)");
	return 0;
}

/*
 * Runs the untraced part of the child, up to the exec of the command.  From
 * then on it blocks the signals that reel was started with blocked.
 */
static int wait_for_exec(struct recorder *recorder, pid_t child, int failed,
			 const sigset_t *mask)
{
	struct own_call call = { 0 };
	int status, error = 0;

	for (;;) {
		long signal = 0;

		if (waitpid(child, &status, __WALL) < 0) {
			if (errno == EINTR)
				continue;
			return report(-errno, "start the command");
		}
		if (!WIFSTOPPED(status))
			break;
		if (status_event(status) == PTRACE_EVENT_EXEC) {
			ptrace(PTRACE_SETSIGMASK, child,
			       sizeof(uint64_t), mask);
			return 0;
		}
		if (!let_call_pass(&call, child, status) &&
		    !status_event(status))
			signal = WSTOPSIG(status);
		ptrace(call.state ? PTRACE_SYSCALL : PTRACE_CONT, child, NULL,
		       signal);
	}
	if (read(failed, &error, sizeof(error)) != sizeof(error))
		error = ECHILD;
	return report(-error, "run %s", recorder->options->arguments[0]);
}

int record_launch(struct recorder *recorder, pid_t *child_out)
{
	struct sigaction before_tick, before[NSIG];
	int go[2], failed[2], err;
	sigset_t mask;
	pid_t child;

	if (pipe2(go, O_CLOEXEC) || pipe2(failed, O_CLOEXEC))
		return report(-errno, "make a pipe");
	record_catch_orders(before);
	recorder_start_ticking(&before_tick, &mask);
	child = fork();
	if (child < 0)
		return report(-errno, "fork");
	if (child == 0) {
		record_release_orders(before);
		sigaction(SIGALRM, &before_tick, NULL);
		close(go[1]);
		become_command(recorder->options,
			       filter_of(recorder), go[0], failed[1]);
	}
	task_stops_are_awaited();
	close(go[0]);
	close(failed[1]);
	err = seize_child(recorder, child);
	if (err)
		kill(child, SIGKILL);
	record_served_begin(recorder, child);
	close(go[1]);
	if (!err)
		err = wait_for_exec(recorder, child, failed[0], &mask);
	close(failed[0]);
	*child_out = child;
	return err;
}

void record_pin(struct recorder *recorder, pid_t child)
{
	if (recorder->info.core < 0)
		return;
	CPU_ZERO(&recorder->pinned);
	CPU_SET(recorder->info.core, &recorder->pinned);
	recorder->is_pinned =
		!sched_setaffinity(0, sizeof(recorder->pinned),
				   &recorder->pinned) &&
		!sched_setaffinity(child, sizeof(recorder->pinned),
				   &recorder->pinned);
}

/* ---- what the trace says of the session ---- */

static char *cpu_brand(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[512];
	char *brand = NULL;

	while (file && !brand && fgets(line, sizeof(line), file))
		if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
			brand = strchr(line, ':') + 1;
			brand += strspn(brand, " ");
			brand[strcspn(brand, "\n")] = '\0';
			brand = xstrdup(brand);
		}
	if (file)
		fclose(file);
	return brand ? brand : xstrdup("unknown");
}

static char **copy_strings(char **strings)
{
	size_t count = 0;
	char **copy;

	while (strings[count])
		count++;
	copy = xcalloc(count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = xstrdup(strings[i]);
	return copy;
}

static uint32_t xsave_size(uint64_t *features_out)
{
	uint32_t eax = 0xd, ebx, ecx = 0, edx;

	*features_out = 0;
	if (!extended_layout_has_xsave())
		return FXSAVE_LENGTH;
	__asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	__asm__("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
	*features_out = (uint64_t)edx << 32 | eax;
	return ebx;
}

void record_describe(struct recorder *recorder)
{
	const struct record_options *options = recorder->options;
	struct trace_info *info = &recorder->info;
	struct utsname name;
	struct timespec time;

	uname(&name);
	clock_gettime(CLOCK_REALTIME, &time);
	info->version = TRACE_FORMAT_VERSION;
	info->arguments = copy_strings(options->arguments);
	info->environment = copy_strings(
		options->environment ? options->environment : environ);
	info->directory = get_current_dir_name();
	info->kernel = xasprintf("%s %s %s %s", name.sysname, name.release,
				 name.version, name.machine);
	info->cpu = cpu_brand();
	info->cpu_choice = xstrdup(options->cpu ? options->cpu : "host");
	info->reel_version = xstrdup(PACKAGE_VERSION);
	info->xsave_size = xsave_size(&info->xsave_features);
	info->page_size = 4096;
	info->core = record_cores_choose(recorder);
	info->num_cores = options->num_cores;
	info->is_chaotic = options->is_chaotic;
	info->chaos_seed = options->chaos_seed;
	info->aslr = options->aslr;
	info->start_realtime_ns = time.tv_sec * 1000000000ll + time.tv_nsec;
}
