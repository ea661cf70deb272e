/* SPDX-License-Identifier: MIT */
/* LD_PRELOAD of a library that is only in a memfd. */
#include <dlfcn.h>
#include <link.h>

#include "exec_anonymous.h"

static int found;

static int each(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size, (void)unused;
	if (!strncmp(info->dlpi_name, "/proc/self/fd/", 14)) {
		say("loaded %s at %#lx\n", info->dlpi_name,
		    (long)info->dlpi_addr);
		found++;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static char block[65536], variable[64];
	char *args[] = { argv[0], "child", NULL };
	char *environment[] = { variable, NULL };
	struct link_map *map;
	void *library;
	int from, fd;
	ssize_t n;

	if (argc > 1) {
		dl_iterate_phdr(each, NULL);
		check(found == 1);
		return success();
	}
	library = dlopen("libm.so.6", RTLD_NOW);
	if (!library)
		skip("no libm.so.6");
	check(!dlinfo(library, RTLD_DI_LINKMAP, &map));
	from = sys(open(map->l_name, O_RDONLY | O_CLOEXEC));
	fd = memfd_executable("preload", 0);
	while ((n = sys(read(from, block, sizeof(block)))) > 0)
		put(fd, block, n);
	snprintf(variable, sizeof(variable), "LD_PRELOAD=/proc/self/fd/%d", fd);
	sys(execve("/proc/self/exe", args, environment));
}
