/* SPDX-License-Identifier: MIT */
/* Kernel AIO: a read by io_submit, or io_setup refused. */
#include <linux/aio_abi.h>

#include "tracee.h"

int main(void)
{
	aio_context_t context = 0;
	static char text[16];
	struct iocb request = { .aio_lio_opcode = IOCB_CMD_PREAD,
				.aio_buf = (uintptr_t)text,
				.aio_nbytes = 7 },
		    *list = &request;
	struct io_event event;

	if (syscall(SYS_io_setup, 4, &context)) {
		check(errno == ENOSYS || errno == EAGAIN || errno == EPERM);
		say("io_setup: errno %d\n", errno);
		return success();
	}
	scratch();
	request.aio_fildes = make_file("file", "content", 7, 0600);
	check(syscall(SYS_io_submit, context, 1, &list) == 1);
	check(syscall(SYS_io_getevents, context, 1, 1, &event, NULL) == 1);
	check(event.res == 7 && !strcmp(text, "content"));
	sys(syscall(SYS_io_destroy, context));
	return success();
}
