/* SPDX-License-Identifier: MIT */
/* Who judges calls of the program: see src/recorder.h. */
#ifndef REEL_RECORD_FILTERS_H
#define REEL_RECORD_FILTERS_H

#include "src/recorder.h"

/* record_seccomp.c */
/* At the entry of a call: what the program's filters will say of it. */
void record_seccomp_entry(struct record_task *task);
int record_has_own_filter(const struct record_task *task);
/* Strict mode, or a filter that the agent could not be told apart by. */
int record_filters_stop_calls(const struct record_task *task);
int record_seccomp_allows(const struct record_task *task);
/* Another process decides (seccomp_unotify(2)). */
int record_seccomp_asks(const struct record_task *task);
/* It wants a tracer to be asked (SECCOMP_RET_TRACE). */
int record_seccomp_traces(const struct record_task *task);
int record_seccomp_ends_thread(const struct record_task *task);
/* The call that the registers are for is not judged; and back again. */
void record_pass(struct record_task *task, struct registers *registers);
void record_unpass(const struct record_task *task,
		   struct registers *registers);
void record_pass_again(struct record_task *task);
/* Where the program makes the call of task->entry. */
remote_addr record_place_of(const struct record_task *task);
/* A filter's SIGSYS says where the program made the call. */
void record_seccomp_place(const struct record_task *task, siginfo_t *info);
/* At the entry of a call that is made: -ESRCH when the task is gone. */
int record_pass_filters(const struct recorder *recorder,
			struct record_task *task);
/* Turns the call that the registers are for into none. */
void record_cancel(struct record_task *task, struct registers *registers);
/* Around a call that installs a filter. */
int record_filter_entry(struct recorder *recorder, struct record_task *task);
int record_strict_entry(const struct recorder *recorder,
			const struct record_task *task, int64_t *result_out);
int record_filter_wants_retry(struct record_task *task);
int record_filter_exit(struct recorder *recorder, struct record_task *task);
void record_seccomp_inherit(const struct record_task *parent,
			    struct record_task *child);
void record_seccomp_release(struct record_task *task);
/* Strict mode without the kernel: the call, not one of the four, is death. */
int record_dies_strictly(const struct record_task *task);
int record_die_strictly(struct record_task *task);
/* Bits of the clocks that the vDSO reads without a call. */
uint32_t record_vdso_clocks(void);
int record_vdso_saves_call(const struct record_task *task);
/* What the vDSO's function would have answered, or -ENOSYS. */
int64_t record_vdso_answer(struct recorder *recorder,
			   struct record_task *task);

/* record_own_filter.c */
/* Before the program's first call: what reel itself runs under. */
void record_own_filter_init(struct recorder *recorder,
			    struct record_task *root);
/* False where it lacks no_new_privs and CAP_SYS_ADMIN, but for us. */
int record_may_confine(const struct recorder *recorder,
		       const struct record_task *task);
/* The call's result as the program shall see it. */
void record_own_filter_result(struct recorder *recorder,
			      struct record_task *task);
/*
 * The program's filter with this number, which becomes the kernel's; NULL where
 * it is none of the program's, or there is none: then *err_out is negative.
 */
const struct seccomp_filter *
record_filter_by_number(const struct recorder *recorder,
			const struct record_task *task, uint64_t *number,
			int64_t *err_out);

/* record_vsyscall.c */
int record_is_vsyscall(const struct registers *registers);
/* Makes the call at whose stop of our filter the task is. */
int record_vsyscall(struct recorder *recorder, struct record_task *task);

/* record_dispatch.c */
void record_dispatch_set(struct record_task *task);
void record_dispatch_off(struct record_task *task);
void record_dispatch_on(struct record_task *task);
int record_is_dispatch(const struct record_task *task, const siginfo_t *info);
int record_dispatch_vdso(struct recorder *recorder, struct record_task *task,
			 const struct registers *registers);

/* record_notify.c */
int record_notify_entry(struct recorder *recorder, struct record_task *task);
void record_notify_result(struct recorder *recorder, struct record_task *task);
void record_notify_exit(struct recorder *recorder, struct record_task *task);

/* record_landlock.c */
void record_landlock_exit(struct recorder *recorder, struct record_task *task);
/* False where the tracer is in a domain that the tracee is not in. */
int record_landlock_allows(const struct recorder *recorder,
			   const struct record_task *tracer,
			   const struct record_task *tracee);

#endif
