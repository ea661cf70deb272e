/* SPDX-License-Identifier: MIT */
/*
 * In a chroot an absolute link leads elsewhere than outside it, where a file
 * lies at the same path that is no program for this machine.
 */
#include "tracee.h"

static char elf32[52] = "\177ELF\1\1\1";

static void directories(const char *path)
{
	char part[PATH_MAX];

	for (const char *at = path; (at = strchr(at, '/')); at++) {
		snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		if (*part)
			mkdir(part, 0755);
	}
}

static void run(const char *path, int code)
{
	pid_t child = sys(fork());

	if (child == 0) {
		execl(path, "program", "child", NULL);
		_exit(errno);
	}
	await_exit(child, code);
}

/* A file that is mapped gets shorter, by a link's name. */
static void truncated(void)
{
	int fd = make_file("/real/data", "0123456789", 10, 0644);
	volatile char *page;

	sys(symlink("/real/data", "/short"));
	sys(ftruncate(fd, 8192));
	page = sys(mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0));
	check(page[9] == '9');
	sys(truncate("/short", 5));
	sys(truncate("real/../short", 4096));
	say("%c%d\n", page[4], page[9]);
	check(page[4] == '4' && page[9] == 0);
	close(fd);
}

static void in_root(int fd)
{
	sys(chroot("root"));
	run("root/link", 47);
	sys(chdir("/"));
	run("/link", 47);
	run("real/more", 47);
	run("/loop", ELOOP);
	run("/nowhere", ENOENT);
	if (sys(fork()) == 0) {
		char *args[] = { "program", "child", NULL };

		syscall(SYS_execveat, fd, "../link", args, environ, 0);
		_exit(errno);
	}
	await_exit(-1, 47);
	truncated();
}

int main(int argc, char **argv)
{
	char outside[PATH_MAX + 8], inside[PATH_MAX + 16];
	pid_t child;
	int fd;

	if (argc > 1) {
		say("inside, called %s\n", argv[0]);
		return 47;
	}
	if (!is_root())
		skip("chroot needs root");
	scratch();
	snprintf(outside, sizeof(outside), "%s/decoy", scratch_path);
	close(make_file(outside, elf32, sizeof(elf32), 0755));
	fails(execl(outside, "decoy", NULL), ENOEXEC);
	sys(mkdir("root", 0755));
	snprintf(inside, sizeof(inside), "root%s", outside);
	directories(inside);
	fd = make_file(inside, "", 0, 0755);
	copy_self(fd);
	close(fd);
	sys(mkdir("root/real", 0755));
	sys(symlink(outside, "root/link"));
	sys(symlink("../../..//link", "root/real/more"));
	sys(symlink("loop", "root/loop"));
	child = sys(fork());
	if (child == 0) {
		in_root(sys(open("root/real", O_RDONLY | O_DIRECTORY)));
		_exit(0);
	}
	await_exit(child, 0);
	return success();
}
