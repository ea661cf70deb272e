/* SPDX-License-Identifier: MIT */
/* cpuid in code that the program wrote into memory mapped rwx beforehand. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* push rbx; mov eax, edi; xor ecx, ecx; cpuid; mov eax, ebx; pop rbx; ret */
static const uint8_t code[] = { 0x53, 0x89, 0xf8, 0x31, 0xc9, 0x0f,
				0xa2, 0x89, 0xd8, 0x5b, 0xc3 };

int main(void)
{
	uint32_t (*generated)(uint32_t);
	void *room = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(room, code, sizeof(code));
	generated = room;
	/* leaf 1: bits 31 to 24 are the local APIC ID of the core */
	printf("%#x %#x\n", generated(0), generated(1));
	puts("EXIT-SUCCESS");
	return 0;
}
