/* SPDX-License-Identifier: MIT */
/*
 * A program that runs from a memfd computes.
 *
 * levels: O2
 * variants: plain sealed
 */
#include "strike.h"

static void run_copy(char **argv, int is_sealed)
{
	int fd = memfd_executable("computes", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	copy_self(fd);
	if (is_sealed)
		sys(fcntl(fd, F_ADD_SEALS,
			  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
				  F_SEAL_SEAL));
	argv[1] = "computing";
	sys(fexecve(fd, argv, environ));
}

int main(int argc, char **argv)
{
	uint64_t value = 1;

	check(argc > 1);
	if (!is_variant("computing"))
		run_copy(argv, is_variant("sealed"));
	strikes_begin();
	while (!strikes_over) {
		value = value * 6364136223846793005 + 1;
		progress++;
	}
	strikes_end();
	say("%llu\n", (unsigned long long)value);
	return success();
}
