/* SPDX-License-Identifier: MIT */
/* Decoding and execution against this processor; scanning against objdump. */
#include "src/generated_code.h"
#include "src/instruction.h"

#include <cpuid.h>
#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "traces/report.h"

static struct instruction decode(const char *bytes, size_t length)
{
	return instruction_decode((const uint8_t *)bytes, length);
}

#define DECODE(text) decode(text, sizeof(text) - 1)

Test(instruction, decodes_the_fixed_ones)
{
	cr_assert_eq(DECODE("\x0f\x31").kind, INSTRUCTION_RDTSC);
	cr_assert_eq(DECODE("\x0f\x01\xf9").kind, INSTRUCTION_RDTSCP);
	cr_assert_eq(DECODE("\x0f\xa2").kind, INSTRUCTION_CPUID);
	cr_assert_eq(DECODE("\x0f\x01\xd0").kind, INSTRUCTION_XGETBV);
	cr_assert_eq(DECODE("\x0f\xa2").length, 2);
	cr_assert_eq(DECODE("\x0f\x01\xf9").length, 3);
	cr_assert_eq(DECODE("\x66\x48\x0f\xa2").length, 4);
}

Test(instruction, decodes_operands_of_random_instructions)
{
	struct instruction found = DECODE("\x48\x0f\xc7\xf0");

	cr_assert_eq(found.kind, INSTRUCTION_RDRAND);
	cr_assert_eq(found.operand_bytes, 8);
	cr_assert_eq(found.destination, R_RAX);
	cr_assert_eq(found.length, 4);
	found = DECODE("\x41\x0f\xc7\xfb"); /* rdseed r11d */
	cr_assert_eq(found.kind, INSTRUCTION_RDSEED);
	cr_assert_eq(found.operand_bytes, 4);
	cr_assert_eq(found.destination, R_R11);
	found = DECODE("\x66\x0f\xc7\xf2"); /* rdrand dx */
	cr_assert_eq(found.kind, INSTRUCTION_RDRAND);
	cr_assert_eq(found.operand_bytes, 2);
	cr_assert_eq(found.destination, R_RDX);
	cr_assert_eq(found.length, 4);
	found = DECODE("\xf3\x41\x0f\xc7\xff"); /* rdpid r15 */
	cr_assert_eq(found.kind, INSTRUCTION_RDPID);
	cr_assert_eq(found.destination, R_R15);
	cr_assert_eq(found.length, 5);
}

Test(instruction, decodes_where_registers_are_saved)
{
	struct instruction found = DECODE("\x0f\xae\x44\x24\x40");

	cr_assert_eq(found.kind, INSTRUCTION_FXSAVE);
	cr_assert_eq(found.length, 5);
	cr_assert_eq(found.displacement, 0x40);
	found = DECODE("\x48\x0f\xae\x84\x24\x00\xff\xff\xff");
	cr_assert_eq(found.kind, INSTRUCTION_FXSAVE);
	cr_assert_eq(found.length, 9);
	cr_assert_eq(found.displacement, -0x100);
	found = DECODE("\x0f\xae\x4c\x24\x40"); /* fxrstor */
	cr_assert_eq(found.kind, INSTRUCTION_NONE);
	found = DECODE("\x0f\xae\x44\x24"); /* cut off */
	cr_assert_eq(found.kind, INSTRUCTION_NONE);
}

Test(instruction, leaves_others_alone)
{
	cr_assert_eq(DECODE("\x0f\xc7\x0f").kind, INSTRUCTION_NONE);
	cr_assert_eq(DECODE("\x0f\xc7\xe8").kind, INSTRUCTION_NONE);
	cr_assert_eq(DECODE("\xf3\x0f\xc7\xf0").kind, INSTRUCTION_NONE);
	cr_assert_eq(DECODE("\x66\x0f\x01\xd0").kind, INSTRUCTION_NONE);
	cr_assert_eq(DECODE("\x0f\x05").kind, INSTRUCTION_NONE);
	cr_assert_eq(DECODE("\x0f").kind, INSTRUCTION_NONE);
	cr_assert_eq(DECODE("\x0f\xc7").kind, INSTRUCTION_NONE);
	cr_assert_eq(DECODE("").kind, INSTRUCTION_NONE);
	cr_assert_eq(DECODE("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
			    "\x66\x66\x66\x0f\xa2")
			     .kind,
		     INSTRUCTION_NONE);
}

static struct registers cpuid(uint32_t leaf, uint32_t subleaf,
			      enum cpu_choice cpu)
{
	struct instruction instruction = DECODE("\x0f\xa2");
	struct registers registers = { .value = { 0 } };

	registers.value[R_RAX] = 0xffffffff00000000 | leaf;
	registers.value[R_RCX] = subleaf;
	registers.value[R_RIP] = 0x1000;
	cr_assert_eq(instruction_execute(&instruction, cpu, &registers), 0);
	cr_assert_eq(registers.value[R_RIP], 0x1002);
	return registers;
}

Test(instruction, cpuid_of_the_host_is_as_is)
{
	struct registers registers = cpuid(0, 0, CPU_HOST);
	unsigned a, b, c, d;

	__cpuid(0, a, b, c, d);
	cr_assert_eq(registers.value[R_RAX], a);
	cr_assert_eq(registers.value[R_RBX], b);
	cr_assert_eq(registers.value[R_RCX], c);
	cr_assert_eq(registers.value[R_RDX], d);
}

Test(instruction, cpuid_hides_transactions_from_everybody)
{
	struct registers registers = cpuid(7, 0, CPU_HOST);

	cr_assert_eq(registers.value[R_RBX] & (1u << 11 | 1u << 4), 0);
	cr_assert_eq(registers.value[R_RDX] & (1u << 16), 0);
}

#define XSAVE_AVX (1u << 26 | 1u << 27 | 1u << 28)

Test(instruction, cpuid_of_level_two_has_no_avx_of_any_kind)
{
	struct registers one = cpuid(1, 0, CPU_X86_64_V2);
	struct registers seven = cpuid(7, 0, CPU_X86_64_V2);
	struct registers state = cpuid(0xd, 0, CPU_X86_64_V2);
	const uint64_t promised =
		1u << 0 | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 23;
	struct registers host = cpuid(1, 0, CPU_HOST);

	cr_assert_eq(one.value[R_RCX] & (XSAVE_AVX | 1u << 12 | 1u << 30), 0);
	cr_assert_eq(one.value[R_RCX] & promised, host.value[R_RCX] & promised);
	cr_assert_eq(seven.value[R_RBX] &
			     (1u << 3 | 1u << 5 | 1u << 8 | 1u << 16),
		     0);
	cr_assert_eq(seven.value[R_RCX], 0);
	cr_assert_eq(state.value[R_RAX] | state.value[R_RBX], 0);
	cr_assert_lt(cpuid(0, 0, CPU_X86_64_V2).value[R_RAX], 0xd);
}

Test(instruction, cpuid_of_level_three_ends_at_avx2)
{
	struct registers host = cpuid(1, 0, CPU_HOST);
	struct registers one = cpuid(1, 0, CPU_X86_64_V3);
	struct registers host7 = cpuid(7, 0, CPU_HOST);
	struct registers seven = cpuid(7, 0, CPU_X86_64_V3);
	const uint64_t level = 1u << 3 | 1u << 5 | 1u << 8;

	cr_assert_eq(one.value[R_RCX] & XSAVE_AVX,
		     host.value[R_RCX] & XSAVE_AVX);
	cr_assert_eq(seven.value[R_RBX] & level, host7.value[R_RBX] & level);
	cr_assert_eq(seven.value[R_RBX] & (1u << 16 | 1u << 17 | 1u << 18 |
					   1u << 30 | 1u << 31),
		     0);
	cr_assert_eq(seven.value[R_RDX] & (7u << 22), 0); /* AMX */
	cr_assert_eq(cpuid(7, 1, CPU_X86_64_V3).value[R_RAX], 0);
}

Test(instruction, rdrand_sets_carry_and_clears_the_rest)
{
	struct instruction instruction = DECODE("\x66\x0f\xc7\xf2");
	struct registers registers = { .value = { 0 } };
	uint64_t seen = 0;

	for (int i = 0; i < 8; i++) {
		registers.value[R_RDX] = 0x1122334455667788;
		registers.value[R_EFLAGS] = 0x246 | 0x8d4 | 0x400;
		cr_assert_eq(
			instruction_execute(&instruction, CPU_HOST, &registers),
			0);
		cr_assert_eq(registers.value[R_EFLAGS], 0x603);
		cr_assert_eq(registers.value[R_RDX] >> 16, 0x112233445566);
		seen |= registers.value[R_RDX] ^ 0x1122334455667788;
	}
	cr_assert_neq(seen, 0);
	instruction = DECODE("\x0f\xc7\xfa"); /* rdseed edx */
	instruction_execute(&instruction, CPU_HOST, &registers);
	cr_assert_eq(registers.value[R_RDX] >> 32, 0);
	cr_assert_eq(registers.value[R_RIP], 8 * 4 + 3);
}

Test(instruction, rdtsc_goes_forward)
{
	struct instruction instruction = DECODE("\x0f\x01\xf9");
	struct registers one = { .value = { 0 } }, two = one;

	instruction_execute(&instruction, CPU_HOST, &one);
	instruction_execute(&instruction, CPU_HOST, &two);
	cr_assert_lt(one.value[R_RDX] << 32 | one.value[R_RAX],
		     two.value[R_RDX] << 32 | two.value[R_RAX]);
	cr_assert_eq(one.value[R_RIP], 3);
}

Test(instruction, xgetbv_is_limited_by_the_level)
{
	struct instruction instruction = DECODE("\x0f\x01\xd0");
	struct registers registers = { .value = { 0 } };

	if (!(cpuid(1, 0, CPU_HOST).value[R_RCX] & 1u << 27))
		cr_skip_test("no XGETBV on this processor");
	cr_assert_eq(
		instruction_execute(&instruction, CPU_X86_64_V3, &registers),
		0);
	cr_assert_eq(registers.value[R_RAX] & ~UINT64_C(7), 0);
	cr_assert_eq(registers.value[R_RAX] & 3, 3);
	registers.value[R_RCX] = 77;
	registers.value[R_RIP] = 5;
	cr_assert_eq(instruction_execute(&instruction, CPU_HOST, &registers),
		     INSTRUCTION_FAULTS);
	cr_assert_eq(registers.value[R_RIP], 5);
}

Test(instruction_scan, finds_each_kind_and_no_immediates)
{
	static const uint8_t code[] = {
		0x31, 0xc0,		      /* 0: xor eax, eax */
		0x0f, 0xa2,		      /* 2: cpuid */
		0xb8, 0x0f, 0xa2, 0x00, 0x00, /* 4: mov eax, 0xa20f */
		0x66, 0x41, 0x0f, 0xc7, 0xf1, /* 9: rdrand r9w */
		0x48, 0xb8, 0x0f, 0xc7, 0xf0,
		0x0f, 0xa2, 0x0f, 0x01, 0xd0, /* 14: movabs */
		0x31, 0xc9, 0x0f, 0x01, 0xd0, /* 24; 26: xgetbv */
		0xf3, 0x48, 0x0f, 0xc7, 0xf8, /* 29: rdpid rax */
		0xb0, 0x48, 0x0f, 0xc7, 0xf8, /* 34; 36: rdseed eax */
		0x0f, 0x31, 0xc3,	      /* rdtsc: trapped */
	};
	static const struct {
		uint64_t offset;
		enum instruction_kind kind;
	} expected[] = {
		{ 2, INSTRUCTION_CPUID },   { 9, INSTRUCTION_RDRAND },
		{ 26, INSTRUCTION_XGETBV }, { 29, INSTRUCTION_RDPID },
		{ 36, INSTRUCTION_RDSEED },
	};
	struct instruction_site *sites;
	size_t count;

	cr_assert_eq(instruction_scan_bytes(code, sizeof(code), &sites, &count),
		     0);
	cr_assert_eq(count, 5, "%zu sites", count);
	for (size_t i = 0; i < count; i++) {
		cr_assert_eq(sites[i].offset, expected[i].offset);
		cr_assert_eq(sites[i].instruction.kind, expected[i].kind);
	}
	free(sites);
}

Test(instruction_scan, finds_those_at_the_edges_of_pieces)
{
	enum { SIZE = 3 * 65536 };
	uint8_t *code = malloc(SIZE);
	struct instruction_site *sites;
	size_t count;

	for (int shift = -4; shift <= 2; shift++) {
		memset(code, 0x90, SIZE);
		memcpy(code + 65536 + shift, "\x48\x0f\xc7\xf0", 4);
		memcpy(code + 131072 + shift, "\x0f\xa2", 2);
		memcpy(code + SIZE - 3, "\x0f\x01\xd0", 3);
		cr_assert_eq(instruction_scan_bytes(code, SIZE, &sites, &count),
			     0);
		cr_assert_eq(count, 3, "%zu sites, shift %d", count, shift);
		cr_assert_eq(sites[0].offset, (uint64_t)(65536 + shift));
		cr_assert_eq(sites[1].offset, (uint64_t)(131072 + shift));
		cr_assert_eq(sites[2].offset, SIZE - 3);
		free(sites);
	}
	free(code);
}

Test(generated_code, finds_what_makes_sense)
{
	static const uint8_t code[] = {
		0x00, 0x00, 0x48, 0x0f, 0xc7, 0xf0, /* 2: rdrand rax */
		0x73, 0xfa, 0xb8, 0x00, 0x00, 0x00, 0x80, /* mov eax, leaf */
		0x31, 0xc9, 0x0f, 0xa2,		    /* 15: cpuid */
		0x31, 0xc9, 0x0f, 0x01, 0xd0,	    /* 19: xgetbv */
		0x0f, 0xc7, 0xf9, 0x0f, 0x92, 0xc0, /* 22: rdseed ecx; setb */
		0xc3,
	};
	static const uint64_t offsets[] = { 2, 15, 19, 22 };
	struct instruction_site *sites;
	size_t count;

	cr_assert_eq(generated_code_scan(code, sizeof(code), &sites, &count),
		     0);
	cr_assert_eq(count, 4, "%zu sites", count);
	for (size_t i = 0; i < count; i++)
		cr_assert_eq(sites[i].offset, offsets[i]);
	cr_assert_eq(sites[0].instruction.operand_bytes, 8);
	free(sites);
}

Test(generated_code, leaves_data_alone)
{
	static const uint8_t data[] = {
		0x12, 0x34, 0x0f, 0xa2, 0x56, 0x0f, 0xc7, 0xf1, 0x00, 0x00,
		0xb8, 0x78, 0x56, 0x34, 0x12, 0x0f, 0xa2, /* no leaf */
		0x41, 0x31, 0xc0, 0x0f, 0x01, 0xd0, 0x0f, 0x31, 0x0f,
	};
	struct instruction_site *sites;
	size_t count;

	cr_assert_eq(generated_code_scan(data, sizeof(data), &sites, &count),
		     0);
	cr_assert_eq(count, 0, "%zu sites", count);
	free(sites);
}

/* Files that have such instructions, or a lot of other code. */
static const char *const files[] = {
	"/lib64/ld-linux-x86-64.so.2",
	"/lib/x86_64-linux-gnu/libc.so.6",
	"/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
	"/usr/lib/x86_64-linux-gnu/libgcrypt.so.20",
	"/usr/lib/x86_64-linux-gnu/libgnutls.so.30",
	"/usr/lib/x86_64-linux-gnu/libnettle.so.8",
	"/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
	"/usr/lib/x86_64-linux-gnu/libzstd.so.1",
	"/usr/lib/x86_64-linux-gnu/libjpeg.so.62",
	"/usr/lib/musl/lib/libc.so",
	"/usr/bin/busybox",
	"/usr/bin/python3",
	"/usr/lib/go/bin/gofmt",
	"/usr/bin/ld.bfd",
	"/usr/bin/gdb",
};

#define SITES_MAX 4096

struct listing {
	uint64_t offsets[SITES_MAX];
	int near_bad[SITES_MAX]; /* objdump met bytes that are no code */
	size_t count;
};

struct segments {
	Elf64_Phdr headers[64];
	size_t count;
};

static void read_segments(const char *path, struct segments *segments)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr header;

	cr_assert_eq(pread_all(fd, &header, sizeof(header), 0), 0);
	segments->count = header.e_phnum < 64 ? header.e_phnum : 64;
	cr_assert_eq(pread_all(fd, segments->headers,
			       segments->count * sizeof(Elf64_Phdr),
			       header.e_phoff),
		     0);
}

static uint64_t offset_of(const struct segments *segments, uint64_t address)
{
	for (size_t i = 0; i < segments->count; i++) {
		const Elf64_Phdr *segment = &segments->headers[i];

		if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
		    address - segment->p_vaddr < segment->p_filesz)
			return address - segment->p_vaddr + segment->p_offset;
	}
	return UINT64_MAX;
}

static int names_one_of_ours(const char *text)
{
	return strstr(text, "\tcpuid") || strstr(text, "\trdrand ") ||
	       strstr(text, "\trdseed ") || strstr(text, "\trdpid ") ||
	       strstr(text, "\txgetbv") ||
	       (strstr(text, "\tfxsave") && strstr(text, "0x") &&
		strstr(text, "(%rsp)"));
}

/* No compiler makes these; objdump shows them where it reads data. */
static int is_no_code(const char *text)
{
	return strstr(text, "(bad)") || strstr(text, "\tout ") ||
	       strstr(text, "\tin ") || strstr(text, "\tlret");
}

static void list_by_objdump(const char *path, struct listing *listing)
{
	char *command = xasprintf("objdump -d --no-show-raw-insn -w '%s' "
				  "2>/dev/null",
				  path);
	FILE *output = popen(command, "re");
	struct segments segments;
	unsigned long line = 0, bad = 0;
	char text[512];

	read_segments(path, &segments);
	listing->count = 0;
	while (fgets(text, sizeof(text), output)) {
		line++;
		if (is_no_code(text))
			bad = line;
		if (!names_one_of_ours(text) || listing->count == SITES_MAX)
			continue;
		listing->offsets[listing->count] =
			offset_of(&segments, strtoull(text, NULL, 16));
		listing->near_bad[listing->count++] = bad && line - bad < 25;
	}
	pclose(output);
	free(command);
}

/*
 * objdump reads tables between functions as code too; what it finds among
 * bytes that are no code we must not find.
 */
static void compare_with_objdump(const char *path)
{
	static struct listing listing;
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	AUTO(heap_free) struct instruction_site *sites = NULL;
	size_t count, at = 0;

	cr_assert_eq(instruction_scan_file(fd, &sites, &count), 0);
	list_by_objdump(path, &listing);
	for (size_t i = 0; i < listing.count; i++) {
		if (at < count && sites[at].offset == listing.offsets[i])
			at++;
		else
			cr_assert(listing.near_bad[i], "%s: missed %#" PRIx64,
				  path, listing.offsets[i]);
	}
	cr_assert_eq(at, count, "%s: %#" PRIx64 " is no site", path,
		     at < count ? sites[at].offset : 0);
}

Test(instruction_scan, agrees_with_objdump, .timeout = 120)
{
	if (system("objdump --version >/dev/null 2>&1") != 0)
		cr_skip_test("no objdump");
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (access(files[i], R_OK) == 0)
			compare_with_objdump(files[i]);
}

static double scan_ms(const char *path)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	double best = 1e9;

	for (int i = 0; i < 10; i++) {
		struct instruction_site *sites;
		struct timespec before, after;
		size_t count;
		double took;

		clock_gettime(CLOCK_MONOTONIC, &before);
		instruction_scan_file(fd, &sites, &count);
		clock_gettime(CLOCK_MONOTONIC, &after);
		free(sites);
		took = (double)(after.tv_sec - before.tv_sec) * 1e3 +
		       (double)(after.tv_nsec - before.tv_nsec) / 1e6;
		if (took < best)
			best = took;
	}
	return best;
}

/* Every mapping of code waits for it: 0.3 ms natively, room for slow builds. */
Test(instruction_scan, is_quick)
{
	if (access(files[0], R_OK) || access(files[1], R_OK))
		cr_skip_test("not this C library");
	cr_assert_lt(scan_ms(files[0]), 15.0);
	cr_assert_lt(scan_ms(files[1]), 15.0);
}

Test(instruction_scan, finds_nothing_in_what_is_no_elf_file)
{
	AUTO(fd_close) int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	struct instruction_site *sites;
	size_t count;

	cr_assert_eq(instruction_scan_file(fd, &sites, &count), 0);
	cr_assert_eq(count, 0);
	free(sites);
}

static uint8_t *read_file(const char *path, size_t *size_out)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END);
	uint8_t *bytes = xmalloc((size_t)size);

	cr_assert_eq(pread_all(fd, bytes, (size_t)size, 0), 0);
	*size_out = (size_t)size;
	return bytes;
}

Test(instruction_scan, needs_no_section_headers)
{
	AUTO(fd_close) int copy = memfd_create("copy", MFD_CLOEXEC);
	AUTO(fd_close) int whole = open(files[0], O_RDONLY | O_CLOEXEC);
	AUTO(heap_free) struct instruction_site *one = NULL, *two = NULL;
	AUTO(heap_free) uint8_t *bytes = NULL;
	size_t size, one_count, two_count;

	if (whole < 0)
		cr_skip_test("no %s", files[0]);
	bytes = read_file(files[0], &size);
	((Elf64_Ehdr *)bytes)->e_shoff = 0;
	((Elf64_Ehdr *)bytes)->e_shnum = 0;
	cr_assert_eq(write_all(copy, bytes, size), 0);
	cr_assert_eq(instruction_scan_file(whole, &one, &one_count), 0);
	cr_assert_eq(instruction_scan_file(copy, &two, &two_count), 0);
	cr_assert_eq(one_count, two_count);
	for (size_t i = 0; i < one_count; i++)
		cr_assert_eq(one[i].offset, two[i].offset);
}

Test(instruction_scan, survives_damaged_files, .timeout = 60)
{
	AUTO(heap_free) uint8_t *bytes = NULL;
	AUTO(heap_free) uint8_t *damaged = NULL;
	unsigned seed = 7;
	size_t size;

	if (access(files[0], R_OK))
		cr_skip_test("no %s", files[0]);
	bytes = read_file(files[0], &size);
	damaged = xmalloc(size);
	for (int round = 0; round < 300; round++) {
		AUTO(fd_close) int fd = memfd_create("damaged", MFD_CLOEXEC);
		size_t length = round % 4 ? size : (size_t)rand_r(&seed) % size;
		struct instruction_site *sites;
		size_t count, table = ((Elf64_Ehdr *)bytes)->e_shoff;

		memcpy(damaged, bytes, size);
		for (int i = 0; i < 6; i++)
			damaged[rand_r(&seed) % 0x300] = (uint8_t)rand_r(&seed);
		for (int i = 0; i < 6; i++)
			damaged[table +
				(size_t)rand_r(&seed) % (size - table)] =
				(uint8_t)rand_r(&seed);
		cr_assert_eq(write_all(fd, damaged, length), 0);
		cr_assert_eq(instruction_scan_file(fd, &sites, &count), 0);
		free(sites);
	}
}

Test(instruction, is_known_by_the_trap_that_stands_for_it)
{
	static const struct {
		size_t length;
		uint8_t bytes[8];
	} all[] = {
		{ 2, { 0x0f, 0xa2 } },
		{ 3, { 0x48, 0x0f, 0xa2 } },
		{ 3, { 0x0f, 0x01, 0xd0 } },
		{ 3, { 0x0f, 0xc7, 0xf0 } },
		{ 3, { 0x0f, 0xc7, 0xff } },
		{ 4, { 0x48, 0x0f, 0xc7, 0xf2 } },
		{ 4, { 0x66, 0x0f, 0xc7, 0xf3 } },
		{ 4, { 0xf3, 0x0f, 0xc7, 0xf8 } },
		{ 5, { 0xf3, 0x41, 0x0f, 0xc7, 0xf9 } },
		{ 6, { 0xf3, 0x66, 0x41, 0x0f, 0xc7, 0xf9 } },
		{ 5, { 0x0f, 0xae, 0x44, 0x24, 0x40 } },
		{ 8, { 0x0f, 0xae, 0x84, 0x24, 0, 2, 0, 0 } },
		{ 6, { 0x48, 0x0f, 0xae, 0x44, 0x24, 0x80 } },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		uint8_t trap[16] = { 0 }, bytes[16];
		struct instruction expected =
			instruction_decode(all[i].bytes, all[i].length);
		struct instruction found;

		instruction_make_trap(all[i].bytes, all[i].length, trap);
		found = instruction_of_trap(trap, sizeof(trap), bytes);
		cr_assert_eq(trap[0], 0xcc);
		cr_assert_eq(found.kind, expected.kind, "number %zu", i);
		cr_assert_eq(found.length, all[i].length);
		cr_assert_eq(found.destination, expected.destination);
		cr_assert_eq(found.operand_bytes, expected.operand_bytes);
		cr_assert_eq(found.displacement, expected.displacement);
		cr_assert_arr_eq(bytes, all[i].bytes, all[i].length);
	}
}

Test(instruction, is_none_where_an_int3_is_the_programs)
{
	static const uint8_t codes[][6] = {
		{ 0xcc, 0x90, 0x90, 0x90 }, { 0xcc, 0x0f, 0xa2 },
		{ 0xcc, 0xc3 }, { 0xcc, 0xcc, 0xcc }, { 0x06, 0x90 },
		{ 0xcc, 0x17, 0x00, 0x00, 0x00, 0x00 }, /* no register */
	};
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		cr_assert_eq(instruction_of_trap(codes[i], 6, bytes).kind,
			     INSTRUCTION_NONE, "number %zu", i);
}
