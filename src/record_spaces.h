/* SPDX-License-Identifier: MIT */
/* Mappings while recording, and the code in them: see src/recorder.h. */
#ifndef REEL_RECORD_SPACES_H
#define REEL_RECORD_SPACES_H

#include "src/recorder.h"

/* record_own_memory.c */
int record_own_memory_entry(struct record_task *task);
int record_own_memory_exit(struct record_task *task);

/* record_discard.c */
/* At the end of a madvise(2). */
void record_discard_exit(const struct recorder *recorder,
			 struct record_task *task);
/* The mapping of [start, end) moved by a distance, and is still there. */
void record_discard_left(struct record_task *task, remote_addr start,
			 remote_addr end, uint64_t distance);

/* record_memory.c */
int record_mmap_entry(struct recorder *recorder, struct record_task *task);
int record_mremap_entry(struct recorder *recorder, struct record_task *task);
int record_shmat_entry(struct recorder *recorder, struct record_task *task);
/* Maps reel's own pages into the task, which is at a syscall-exit-stop. */
int64_t record_reserve(struct record_task *task);
int record_munmap_exit(struct recorder *recorder, struct record_task *task);
int record_mmap_exit(struct recorder *recorder, struct record_task *task);
int record_brk_exit(struct recorder *recorder, struct record_task *task);
int record_shmat_exit(struct recorder *recorder, struct record_task *task);
void record_shmdt_entry(struct record_task *task);
int record_shmdt_exit(struct record_task *task);
int record_protect_exit(struct recorder *recorder, struct record_task *task);
/* The map as an effect, with traps in its code; file may be NULL. */
void record_map_effect(struct record_task *task, struct effect_list *effects,
		       remote_addr addr, uint64_t length, int protection,
		       int flags, struct record_file *file, uint64_t offset,
		       const char *name);
void record_patch_site(struct record_task *task, struct effect_list *effects,
		       remote_addr addr,
		       const struct instruction *instruction);
/* Traps in code of a file that is mapped there. */
void record_patch_code(struct record_task *task, struct effect_list *effects,
		       remote_addr addr, uint64_t length,
		       const struct record_file *file, uint64_t offset);
void record_forget_sites(struct space_data *data, remote_addr start,
			 remote_addr end);
int record_mremap_exit(struct record_task *task);
void space_data_init(struct address_space *space,
		     const struct space_data *copied_from);
const struct patched_site *space_find_site(const struct record_task *task,
					   remote_addr addr);

/* record_execute.c */
/* The range will not be executable until the program executes it. */
int record_hold(struct record_task *task, struct effect_list *effects,
		const struct held_range *range);
/*
 * The same for those pages of a file's mapping that have an instruction that
 * is to trap: until then the program reads its code as it is.
 */
void record_hold_sites(struct record_task *task, struct effect_list *effects,
		       const struct held_range *all);
void record_forget_held(struct space_data *data, remote_addr start,
			remote_addr end);
/*
 * After an mremap(2) that was answered EFAULT: true when the memory was several
 * mappings only because of what was held, and is one now.
 */
int record_join_held(struct recorder *recorder, struct record_task *task);
/* Holds it again. */
void record_part_held(struct record_task *task);
/*
 * In seccomp's strict mode no call could let code be executed: all that is held
 * is released before, and the task is at the entry of that call again.
 */
int record_wants_strict(const struct record_task *task);
int record_release_first(struct recorder *recorder, struct record_task *task);
/* All becomes what the program wanted, without being looked at. */
void record_release_held(struct record_task *task);
/* Puts traps into code that is complete. */
int record_scan_generated(struct record_task *task,
			  struct effect_list *effects, remote_addr start,
			  remote_addr end);
/* The signal means an attempt to execute memory that is not looked at yet. */
int record_is_first_execution(const struct record_task *task,
			      const siginfo_t *info,
			      const struct registers *registers);
/* 1 when the signal meant this, and it is done; 0 when it did not. */
int record_first_execution(struct recorder *recorder, struct record_task *task,
			   const siginfo_t *info,
			   const struct registers *registers);

#endif
