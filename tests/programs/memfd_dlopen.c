/* SPDX-License-Identifier: MIT */
/* dlopen of a library that is only in a memfd. */
#include <dlfcn.h>
#include <link.h>

#include "exec_anonymous.h"

static int copy_of(const char *path, const char *name)
{
	static char block[65536];
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int to = memfd_executable(name, MFD_CLOEXEC);
	ssize_t n;

	if (from < 0)
		skip("no %s", path);
	while ((n = sys(read(from, block, sizeof(block)))) > 0)
		put(to, block, n);
	close(from);
	return to;
}

int main(void)
{
	char path[64];
	double (*cosine)(double);
	struct link_map *map;
	void *library;
	int fd;

	library = dlopen("libm.so.6", RTLD_NOW);
	if (!library)
		skip("no libm.so.6");
	check(!dlinfo(library, RTLD_DI_LINKMAP, &map));
	fd = copy_of(map->l_name, "library in memory");
	dlclose(library);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	library = dlopen(path, RTLD_NOW);
	if (!library) {
		say("dlopen: %s\n", dlerror());
		check(!"dlopen must work");
	}
	cosine = (double (*)(double))dlsym(library, "cos");
	check(cosine && cosine(0) == 1);
	say("cos is at %p\n", (void *)cosine);
	dlclose(library);
	return success();
}
