/* SPDX-License-Identifier: MIT */
/*
 * A program that makes room for another: it goes over all its mappings but
 * those that it runs from, also page by page, and over ranges that have many of
 * them.  What it makes there in between is gone afterwards; its calls go on.
 */
#include "tracee.h"

#define PAGE 4096ul
#define LOW 0x6ff00000ul
#define HIGH 0x78000000ul

static unsigned long starts[64], ends[64];
static int is_code[64];
static int count;

static int is_kept(const char *line)
{
	return strchr(line, '/') || strchr(line, '[');
}

static void read_maps(void)
{
	static char text[1 << 16];
	int fd = sys(open("/proc/self/maps", O_RDONLY));
	size_t length = 0;
	ssize_t got;
	char *line, *next;

	while ((got = sys(read(fd, text + length,
			       sizeof(text) - 1 - length))) > 0)
		length += (size_t)got;
	close(fd);
	count = 0;
	for (line = text; *line && count < 64; line = next) {
		next = strchr(line, '\n');
		*next++ = 0;
		if (is_kept(line))
			continue;
		check(sscanf(line, "%lx-%lx", &starts[count],
			     &ends[count]) == 2);
		is_code[count] = strstr(line, " r-xp ") != NULL;
		count++;
	}
}

/* Enough for the instruction to become something faster. */
static void call_often(void)
{
	for (int i = 0; i < 100; i++)
		check(syscall(SYS_getppid) > 0);
}

static int is_mapped(unsigned long address)
{
	unsigned char there;

	return !mincore((void *)address, PAGE, &there);
}

static void *make(unsigned long address)
{
	char *made = mmap((void *)address, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			  -1, 0);

	check(made == (char *)address);
	made[1] = 7;
	return made;
}

/* libc keeps some of these for itself, but has no code there. */
static int is_foreign(int i)
{
	return is_code[i] || (starts[i] >= LOW && starts[i] < HIGH);
}

/* Not even the instruction behind the call is left. */
static void unmap_everything(void)
{
	pid_t child = sys(fork());
	int status;

	if (!child) {
		munmap(NULL, 0x7ffffffff000);
		_exit(1);
	}
	sys(waitpid(child, &status, 0));
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

int main(void)
{
	char *below, *above;

	call_often();
	below = make(LOW);
	above = make(HIGH - PAGE);
	sys(mprotect(below, PAGE, PROT_READ));
	check(mprotect((void *)LOW, HIGH - LOW, PROT_READ) == -1 ||
	      above[1] == 7);
	sys(mprotect(above, PAGE, PROT_READ | PROT_WRITE));
	madvise((void *)LOW, HIGH - LOW, MADV_DONTNEED);
	check(below[1] == 0 && above[1] == 0);
	call_often();
	read_maps();
	for (int i = 0; i < count; i++)
		for (unsigned long at = starts[i];
		     is_foreign(i) && at < ends[i]; at += PAGE) {
			sys(madvise((void *)at, PAGE, MADV_DONTNEED));
			sys(mprotect((void *)at, PAGE, PROT_NONE));
			sys(munmap((void *)at, PAGE));
		}
	call_often();
	make(LOW);
	make(HIGH - PAGE);
	check(munmap(NULL, 1ul << 62) == -1 && errno == EINVAL);
	check(is_mapped(LOW) && is_mapped(HIGH - PAGE));
	sys(munmap((void *)LOW, HIGH - LOW));
	check(!is_mapped(LOW) && !is_mapped(HIGH - PAGE));
	call_often();
	unmap_everything();
	puts("EXIT-SUCCESS");
	return 0;
}
