/* SPDX-License-Identifier: MIT */
/*
 * Supervisors that answer the calls of others (seccomp_unotify(2)) and are
 * recorded, too: what they answer tells whether the kernel makes the call.  One
 * that reel would have refused is refused when they leave it to the kernel.
 */
#include "src/recorder.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "src/record_filters.h"
#include "src/seccomp_wrap.h"
#include "src/session_page.h"
#include "traces/report.h"

static int is_request(const struct record_task *task, unsigned long request)
{
	return task->call.number == SYS_ioctl &&
	       task->call.arguments[1] == request;
}

/* By us, in the name of a filter of the program's (seccomp_wrap.h). */
static int is_given(const struct seccomp_notif *asked)
{
	return asked->data.instruction_pointer ==
	       (SECCOMP_ANSWER_POINTER | SECCOMP_RET_USER_NOTIF);
}

static int is_asked_for(const struct record_task *task,
			const struct seccomp_notif *asked)
{
	const struct registers *entry = &task->entry;

	return task->phase != CALL_NONE && record_seccomp_asks(task) &&
	       !task->notify_id &&
	       asked->data.nr == (int)entry->value[R_ORIG_RAX] &&
	       (asked->data.instruction_pointer == entry->value[R_RIP] ||
		is_given(asked)) &&
	       (asked->data.args[0] == entry->value[R_RDI] ||
		asked->data.args[0] == entry->value[R_RBX]);
}

/*
 * The notification has the task's number in the supervisor's namespace, which
 * may be another than ours: of several with the same call it decides.
 */
static struct record_task *find_asking(const struct recorder *recorder,
				       const struct seccomp_notif *asked)
{
	struct record_task *found = NULL;

	for (struct record_task *task = recorder->all; task;
	     task = task->next_all)
		if (is_asked_for(task, asked) &&
		    (!found || task->task.tid == (pid_t)asked->pid))
			found = task;
	return found;
}

/* The supervisor is told where the program made the call. */
void record_notify_result(struct recorder *recorder, struct record_task *task)
{
	remote_addr addr = record_scratch_address(task,
						  task->call.arguments[2]);
	struct record_task *asking;
	struct seccomp_notif asked;

	if (!is_request(task, SECCOMP_IOCTL_NOTIF_RECV) || task->call.result ||
	    address_space_read(space_of(task), addr, &asked, sizeof(asked)))
		return;
	asking = find_asking(recorder, &asked);
	if (!asking)
		return;
	asking->notify_id = asked.id;
	if (!is_given(&asked))
		return;
	asked.data.instruction_pointer = record_place_of(asking);
	address_space_write(space_of(task), addr, &asked, sizeof(asked));
}

static struct record_task *asking_task(struct recorder *recorder, uint64_t id)
{
	for (struct record_task *task = recorder->all; task && id;
	     task = task->next_all)
		if (task->notify_id == id && task->phase != CALL_NONE)
			return task;
	return NULL;
}

/* True when another answer than the supervisor's is at FILTER_START. */
int record_notify_entry(struct recorder *recorder, struct record_task *task)
{
	struct seccomp_notif_resp answer;
	struct record_task *asking;

	if (!is_request(task, SECCOMP_IOCTL_NOTIF_SEND) ||
	    address_space_read(space_of(task), task->call.arguments[2],
			       &answer, sizeof(answer)))
		return 0;
	asking = asking_task(recorder, answer.id);
	if (!asking)
		return 0;
	asking->is_skipped = !(answer.flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	if (asking->is_skipped || !asking->is_denied)
		return 0;
	answer.flags = 0;
	answer.val = asking->denied < 0 ? 0 : asking->denied;
	answer.error = asking->denied < 0 ? (int32_t)asking->denied : 0;
	if (!space_data_of(task)->has_scratch ||
	    address_space_write(space_of(task), FILTER_START, &answer,
				sizeof(answer)))
		return 0;
	asking->is_skipped = 1;
	return 1;
}

void record_notify_exit(struct recorder *recorder, struct record_task *task)
{
	struct seccomp_notif_resp answer;
	struct record_task *asking;
	remote_addr addr = task->call.arguments[2];

	if (is_request(task, SECCOMP_IOCTL_NOTIF_SEND) &&
		   task->call.result < 0 &&
		   !address_space_read(space_of(task), addr, &answer,
				       sizeof(answer))) {
		asking = asking_task(recorder, answer.id);
		if (asking)
			asking->is_skipped = 0; /* it goes on waiting */
	}
}
