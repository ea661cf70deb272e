/* SPDX-License-Identifier: MIT */
/* The agent: calls that have paths, and descriptors that come and go. */
#include "src/agent_conditions.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

#include "src/agent_descriptor.h"

#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EMPTY_PATH 0x1000
#define NEW_FILE (O_CREAT | O_EXCL)
#define LOCK_NB 4

int agent_path(struct recording *recording)
{
	return shared->are_paths_slow ? 0 : agent_make(recording);
}

/* As the record has it: an empty path is a NUL alone. */
static int is_of_descriptor(const struct recording *recording, uint64_t number)
{
	const struct call_piece *first = (const struct call_piece *)
		(recording->start + sizeof(struct call_record) +
		 8 * recording->row->arguments);

	if (number == __NR_fstat)
		return 1;
	return (recording->frame->r10 & AT_EMPTY_PATH) &&
	       recording->pieces == 2 && first->length == 1;
}

int agent_status(struct recording *recording)
{
	const struct agent_frame *frame = recording->frame;
	uint64_t number = frame->rax;

	_Static_assert(sizeof(struct stat) % 8 == 0, "it ends the record");
	if (!agent_path(recording))
		return 0;
	if (!frame->rax && is_of_descriptor(recording, number))
		agent_learn_class(frame->rdi, (const struct stat *)
				  (recording->at - sizeof(struct stat)));
	return 1;
}

int agent_non_blocking_lock(struct recording *recording)
{
	return recording->frame->rsi & LOCK_NB ? agent_path(recording) : 0;
}

static int can_open(uint64_t directory, uint64_t path, uint64_t flags,
		    uint8_t *class_out)
{
	struct stat status;
	int64_t err;

	*class_out = 0;
	if (shared->are_paths_slow)
		return 0;
	if ((flags & (NEW_FILE | O_PATH)) == NEW_FILE)
		return 1; /* what is there already, it does not open */
	err = agent_syscall(__NR_newfstatat, directory, path, (uint64_t)&status,
			    flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0, 0, 0);
	if (err == -EFAULT)
		return 0;
	if (err)
		return 1; /* it fails likewise, or makes a file */
	*class_out = agent_class_of_status(&status);
	if ((flags & O_TRUNC) && *class_out != CLASS_FILE)
		return 0;
	switch (status.st_mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFCHR:
		return *class_out != CLASS_TRACED;
	case S_IFLNK:
		*class_out = 0;
		return 1;
	default:
		return 0;
	}
}

static int keep_new(struct recording *recording, int64_t result)
{
	/* which file it is, fstat(2) says when that is asked */
	agent_set_class(result, 0);
	return agent_keep(recording, result);
}

int agent_open(struct recording *recording, uint64_t directory, uint64_t path,
	       uint64_t flags)
{
	uint8_t class;

	agent_check_classes();
	if (!agent_prepare(recording) ||
	    !can_open(directory, path, flags, &class))
		return 0;
	shared->is_made = 1;
	return keep_new(recording, make(recording->frame));
}

int agent_close(struct recording *recording)
{
	if (shared->are_paths_slow || shared->are_files_apart)
		return 0;
	agent_check_classes();
	if (agent_class_of(recording->frame->rdi) == CLASS_WAITING)
		return 0;
	agent_set_class((int64_t)recording->frame->rdi, 0);
	return agent_make(recording);
}

int agent_new_descriptor(struct recording *recording)
{
	agent_check_classes();
	if (!agent_prepare(recording))
		return 0;
	shared->is_made = 1;
	return keep_new(recording, make(recording->frame));
}

int agent_new_pair(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint64_t at = frame->rax == __NR_socketpair ? frame->r10 : frame->rdi;
	int64_t result;

	agent_check_classes();
	if (!agent_prepare(recording))
		return 0;
	shared->is_made = 1;
	result = make(frame);
	if (!result) {
		agent_set_class(((const int32_t *)at)[0], 0);
		agent_set_class(((const int32_t *)at)[1], 0);
	}
	return agent_keep(recording, result);
}

int agent_new_connection(struct recording *recording)
{
	return agent_is_non_blocking(recording->frame->rdi) > 0 ?
		agent_new_descriptor(recording) : 0;
}
