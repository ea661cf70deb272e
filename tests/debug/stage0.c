/* SPDX-License-Identifier: MIT */
/*
 * A loader, in three programs of this one source.  The first, on disk, puts the
 * second into a memfd and executes it; that one does so with the third; the
 * third loads a library out of a memfd.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;
int stage = STAGE;

static int load(const char *path, const char *name)
{
	int from = open(path, O_RDONLY), to = memfd_create(name, 0);
	struct stat status;

	if (from < 0 || to < 0 || fstat(from, &status))
		exit(90);
	while (sendfile(to, from, NULL, (size_t)status.st_size) > 0)
		;
	close(from);
	return to;
}

#if STAGE == 0
int main(int argc, char **argv)
{
	int loaded = load(argv[1], "stage1"); /* MARK stage 0 */

	stage += 10 * argc;
	fexecve(loaded, argv, environ); /* MARK exec 1 */
	return 91;
}
#elif STAGE == 1
static int decide(int count)
{
	int answer = count + stage; /* MARK stage 1 */

	return answer;
}

int main(int argc, char **argv)
{
	int answer = decide(argc);
	int loaded = load(argv[2], "stage2");

	if (answer != 5)
		return 92;
	execveat(loaded, "", argv, environ, AT_EMPTY_PATH); /* MARK exec 2 */
	return 93;
}
#else
int main(int argc, char **argv)
{
	int loaded = load(argv[3], "library");
	int (*twice)(int);
	char path[64];
	void *library;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", loaded);
	library = dlopen(path, RTLD_NOW); /* MARK stage 2 */
	if (!library)
		return 94;
	twice = (int (*)(int))dlsym(library, "twice");
	stage = twice(argc * 10); /* MARK call library */
	return stage == 80 ? 0 : 95; /* MARK end */
}
#endif
