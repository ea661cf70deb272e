/* SPDX-License-Identifier: MIT */
/*
 * The vDSO reads clocks without a system call, which no tracer sees.  Its
 * functions are replaced by the system calls that they stand for (vdso(7)).
 */
#ifndef REEL_VDSO_H
#define REEL_VDSO_H

#include <stddef.h>
#include <stdint.h>

struct vdso_patch {
	uint64_t offset; /* from the start of the image */
	uint8_t bytes[16];
	uint8_t length;
	uint8_t call_end; /* behind its syscall instruction; 0: has none */
	const char *symbol; /* its name, within the image */
};

#define VDSO_PATCHES 32

/*
 * Patches for the image (bytes as mapped): __vdso_* functions that have a
 * call (clock_gettime, gettimeofday, time, getcpu, clock_getres, getrandom),
 * each as `mov $NR,%eax; syscall; ret`.  getrandom has other arguments than
 * the call and fails with ENOSYS, upon which its users make the call.  An
 * unknown function is hidden: its symbol becomes undefined.  A symbol at the
 * address of another one is patched once.  Returns how many; -EINVAL when it
 * is no ELF image or is inconsistent.
 */
int vdso_patches(const void *image, size_t size,
		 struct vdso_patch patches_out[VDSO_PATCHES]);

#endif
