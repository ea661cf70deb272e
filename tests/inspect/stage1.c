/* SPDX-License-Identifier: MIT */
/*
 * In a memfd, stripped: puts stage 2 into another memfd in every way there is,
 * and executes that.  Usage: stage1 STAGE2
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096

static int failed(const char *what)
{
	perror(what);
	return 1;
}

__attribute__((noinline)) static int by_sendfile(int to, int from)
{
	off_t at = 0;

	return sendfile(to, from, &at, PAGE) == PAGE ? 0 : failed("sendfile");
}

__attribute__((noinline)) static int by_splice(int to, int from)
{
	int ends[2];
	loff_t in = PAGE, out = PAGE;

	if (pipe(ends) ||
	    splice(from, &in, ends[1], NULL, PAGE, 0) != PAGE ||
	    splice(ends[0], NULL, to, &out, PAGE, 0) != PAGE)
		return failed("splice");
	close(ends[0]);
	return close(ends[1]);
}

__attribute__((noinline)) static int by_pwrite(int to, const char *bytes)
{
	struct iovec vector = { (char *)bytes + 3 * PAGE, PAGE };

	if (pwrite(to, bytes + 2 * PAGE, PAGE, 2 * PAGE) != PAGE ||
	    pwritev(to, &vector, 1, 3 * PAGE) != PAGE)
		return failed("pwrite");
	return 0;
}

__attribute__((noinline)) static int by_store(int to, int from,
					      const char *bytes, size_t size)
{
	size_t rest = size - 4 * PAGE;
	char *memory;

	if (ftruncate(to, (off_t)size))
		return failed("ftruncate");
	memory = mmap(NULL, rest, PROT_READ | PROT_WRITE, MAP_SHARED, to,
		      4 * PAGE);
	if (memory == MAP_FAILED)
		return failed("mmap");
	if (pread(from, memory, 100, 4 * PAGE) != 100)
		return failed("pread");
	memcpy(memory, bytes + 4 * PAGE, rest);
	return munmap(memory, rest);
}

int main(int argc, char **argv)
{
	int from = open(argc > 1 ? argv[1] : "", O_RDONLY | O_CLOEXEC);
	int to = memfd_create("stage-two", MFD_CLOEXEC);
	int other = dup(to);
	struct stat status;
	char *bytes;

	if (from < 0 || other < 0 || fstat(from, &status))
		return failed("open");
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE,
		     from, 0);
	if (bytes == MAP_FAILED || by_sendfile(other, from) ||
	    by_splice(to, from) || by_pwrite(to, bytes) ||
	    by_store(to, from, bytes, (size_t)status.st_size))
		return 1;
	fexecve(to, argv + 1, (char *[]){ NULL });
	return failed("fexecve");
}
