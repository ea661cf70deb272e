/* SPDX-License-Identifier: MIT */
/* The dynamic loader is run as a program, on a memfd. */
#include <link.h>

#include "exec_anonymous.h"

static char loader[4096];

static int each(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size, (void)unused;
	if (strstr(info->dlpi_name, "/ld-"))
		snprintf(loader, sizeof(loader), "%s", info->dlpi_name);
	return 0;
}

int main(int argc, char **argv)
{
	char path[64];
	int fd;
	pid_t child;

	(void)argv;
	if (argc > 1) {
		say_image("child");
		return 42;
	}
	dl_iterate_phdr(each, NULL);
	if (!*loader)
		skip("no dynamic loader");
	fd = memfd_executable("loaded", 0);
	copy_self(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	child = sys(fork());
	if (child == 0) {
		execl(loader, loader, path, "child", NULL);
		_exit(99);
	}
	await_exit(child, 42);
	return success();
}
