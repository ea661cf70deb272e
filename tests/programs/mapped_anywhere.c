/* SPDX-License-Identifier: MIT */
/* Mappings wanted where others may be: made, or refused; the program goes on. */
#include <sys/shm.h>

#include "tracee.h"

#define LENGTH 0x10000

static void make_calls(void)
{
	for (int i = 0; i < 20; i++)
		check(getppid() > 0);
}

static void check_result(const void *result, const void *wanted)
{
	check(result == wanted || (result == (void *)-1 && errno == ENOMEM));
	make_calls();
}

static void map_at(char *place)
{
	int id = sys(shmget(IPC_PRIVATE, LENGTH, IPC_CREAT | 0600));
	char *memory = sys(mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	check_result(shmat(id, place, SHM_REMAP), place);
	shmdt(place);
	check_result(mremap(memory, LENGTH, LENGTH,
			    MREMAP_MAYMOVE | MREMAP_FIXED, place), place);
	munmap(place, LENGTH);
	check_result(mmap(place, LENGTH, PROT_READ | PROT_WRITE, MAP_FIXED |
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), place);
	munmap(place, LENGTH);
	sys(shmctl(id, IPC_RMID, NULL));
}

int main(void)
{
	make_calls();
	map_at((char *)0x6fff8000);
	map_at((char *)0x70200000);
	map_at((char *)0x70210000);
	return success();
}
