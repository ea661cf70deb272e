/* SPDX-License-Identifier: MIT */
/* getdents of many entries, telldir and seekdir, order as it came. */
#include <dirent.h>

#include "tracee.h"

int main(void)
{
	struct dirent *entry;
	char name[32];
	DIR *directory;
	int count = 0;
	long place = 0;

	scratch();
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "entry-%d-of-many", i);
		sys(close(sys(open(name, O_CREAT | O_WRONLY, 0600))));
	}
	directory = opendir(".");
	check(directory);
	while ((entry = readdir(directory))) {
		if (count++ % 50 == 0)
			say("%s inode %ld\n", entry->d_name,
			    (long)entry->d_ino);
		if (count == 150)
			place = telldir(directory);
	}
	check(count == 302);
	seekdir(directory, place);
	for (count = 0; readdir(directory); count++)
		;
	check(count == 152);
	closedir(directory);
	return success();
}
