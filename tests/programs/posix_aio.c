/* SPDX-License-Identifier: MIT */
/* aio_read and aio_write: libc's helper threads and their signals. */
#include <aio.h>

#include "tracee.h"

int main(void)
{
	const struct aiocb *list[1];
	struct aiocb request = { 0 };
	char text[16] = "";

	scratch();
	request.aio_fildes = make_file("file", "content", 7, 0600);
	request.aio_buf = text;
	request.aio_nbytes = 7;
	list[0] = &request;
	check(!aio_read(&request));
	while (aio_error(&request) == EINPROGRESS)
		aio_suspend(list, 1, NULL);
	check(aio_return(&request) == 7 && !strcmp(text, "content"));
	return success();
}
