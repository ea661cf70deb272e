/* SPDX-License-Identifier: MIT */
/*
 * Finds instructions in code that has not run yet.  First a quick look for the
 * byte patterns of their opcodes; then, for the few that match, whether an
 * instruction begins there.  x86 code read from a wrong place falls into step
 * after a few instructions, so when the walks from fifteen neighbouring bytes
 * all come (or all do not come) by a place, the true one, which is among them,
 * does the same.  Where they differ, the start of the function decides.
 *
 * The file is read with pread in pieces: its pages may be cut off while we
 * look, and a scan happens at every mapping of code, so it must be quick.
 */
#include "src/instruction.h"

#include <capstone/capstone.h>
#include <emmintrin.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/elf_frames.h"
#include "src/elf_image.h"
#include "src/generated_code.h"
#include "traces/report.h"

#define PIECE 65536u
#define INSTRUCTION_MAX 15u

/* How far before a place the walks begin: first near, then far. */
#define NEAR_WALK 64u
#define FAR_WALK 256u
#define WINDOW (FAR_WALK + 2 * INSTRUCTION_MAX + 2)

#define MEANING 128u /* bytes before and behind that give a place its sense */

/* A longer function is not walked from its start. */
#define FUNCTION_LIMIT (256u << 10)

/* A place where the bytes could be an instruction of ours. */
struct candidate {
	uint64_t opcode; /* offset of its 0F byte */
	uint64_t floor;	 /* no walk begins before this */
	int is_start;	 /* an instruction begins at floor for sure */
	int is_data;	 /* a symbol says so */
	int is_code;	 /* an unwind table does */
};

struct scan {
	struct memory *memory;
	const struct elf_image *image; /* NULL: bare code */
	csh disassembler;	       /* 0: not needed so far */
	cs_insn *instruction;
	struct candidate *candidates;
	size_t candidate_count, candidate_room;
	struct instruction_site *sites;
	size_t site_count, site_room;
};

static void scan_deinit(struct scan *scan)
{
	if (scan->instruction)
		cs_free(scan->instruction, 1);
	if (scan->disassembler)
		cs_close(&scan->disassembler);
	free(scan->candidates);
	free(scan->sites);
}

static int open_disassembler(struct scan *scan)
{
	cs_err err;

	if (scan->disassembler)
		return 0;
	err = cs_open(CS_ARCH_X86, CS_MODE_64, &scan->disassembler);
	if (err != CS_ERR_OK) {
		scan->disassembler = 0;
		return report(-ENOMEM, "capstone: %s", cs_strerror(err));
	}
	scan->instruction = cs_malloc(scan->disassembler);
	if (!scan->instruction)
		return report(-ENOMEM, "capstone: no instruction buffer");
	return 0;
}

/* Length of the instruction at bytes, 0 when there is none. */
static size_t instruction_length(struct scan *scan, const uint8_t *bytes,
				 size_t length)
{
	struct instruction ours = instruction_decode(bytes, length);
	uint64_t address = 0;

	if (ours.kind)
		return ours.length;
	if (length > INSTRUCTION_MAX)
		length = INSTRUCTION_MAX;
	if (!cs_disasm_iter(scan->disassembler, &bytes, &length, &address,
			    scan->instruction))
		return 0;
	return scan->instruction->size;
}

static void add_candidate(struct scan *scan, uint64_t opcode, uint64_t floor)
{
	struct candidate *candidate;

	if (scan->candidate_count == scan->candidate_room) {
		scan->candidate_room = scan->candidate_room * 2 + 16;
		scan->candidates = xrealloc(scan->candidates,
					    scan->candidate_room *
						    sizeof(*scan->candidates));
	}
	candidate = &scan->candidates[scan->candidate_count++];
	memset(candidate, 0, sizeof(*candidate));
	candidate->opcode = opcode;
	candidate->floor = floor;
}

/* 0F A2; 0F 01 D0; 0F C7 with a register and /6 or /7; 0F AE /0 with SIB. */
static int is_our_opcode(const uint8_t *opcode)
{
	return opcode[1] == 0xa2 || (opcode[1] == 0x01 && opcode[2] == 0xd0) ||
	       (opcode[1] == 0xc7 && opcode[2] >= 0xf0) ||
	       (opcode[1] == 0xae && (opcode[2] == 0x44 || opcode[2] == 0x84));
}

/*
 * Looks at every byte of [0, length) as the first of an opcode; two more and
 * the width of a vector must be readable behind it.
 */
static void find_opcodes(struct scan *scan, const uint8_t *bytes, size_t length,
			 uint64_t offset, uint64_t floor)
{
	const __m128i escape = _mm_set1_epi8(0x0f);
	const __m128i cpuid = _mm_set1_epi8((char)0xa2);
	const __m128i group7 = _mm_set1_epi8(0x01);
	const __m128i group9 = _mm_set1_epi8((char)0xc7);
	const __m128i group15 = _mm_set1_epi8((char)0xae);

	for (size_t i = 0; i < length; i += 16) {
		const __m128i *here = (const __m128i *)(bytes + i);
		const __m128i *next = (const __m128i *)(bytes + i + 1);
		__m128i first = _mm_loadu_si128(here);
		__m128i second = _mm_loadu_si128(next);
		__m128i match = _mm_or_si128(
			_mm_or_si128(_mm_cmpeq_epi8(second, cpuid),
				     _mm_cmpeq_epi8(second, group15)),
			_mm_or_si128(_mm_cmpeq_epi8(second, group7),
				     _mm_cmpeq_epi8(second, group9)));
		unsigned bits = (unsigned)_mm_movemask_epi8(
			_mm_and_si128(match, _mm_cmpeq_epi8(first, escape)));

		for (; bits; bits &= bits - 1) {
			size_t at = i + (size_t)__builtin_ctz(bits);

			if (at < length && is_our_opcode(bytes + at))
				add_candidate(scan, offset + at, floor);
		}
	}
}

/* Collects the candidates of [start, end); unreadable parts have none. */
static void search_range(struct scan *scan, uint64_t start, uint64_t end,
			 uint64_t floor)
{
	static const size_t margin = 32;
	AUTO(heap_free) uint8_t *bytes = xmalloc(PIECE + 2 + margin);

	for (uint64_t at = start; at < end; at += PIECE) {
		size_t piece = end - at < PIECE ? (size_t)(end - at) : PIECE;
		size_t wanted = piece + 2, got;

		if (wanted > end - at)
			wanted = (size_t)(end - at);
		got = scan->memory->read(scan->memory, at, bytes, wanted);
		if (got < 2)
			break;
		memset(bytes + got, 0, margin);
		find_opcodes(scan, bytes, got < piece ? got : piece, at, floor);
	}
}

/*
 * As search_range(), in the data of a file: to read a hole takes time, and
 * pages for zeros.
 */
static void search_data(struct scan *scan, int fd, uint64_t start, uint64_t end)
{
	uint64_t at = start;

	while (at < end) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO)
			return;
		hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
		if (hole < 0) { /* a file system that does not tell */
			search_range(scan, at, end, start);
			return;
		}
		if ((uint64_t)data >= end)
			return;
		if ((uint64_t)hole > end)
			hole = (off_t)end;
		search_range(scan, (uint64_t)data, (uint64_t)hole, start);
		at = (uint64_t)hole;
	}
}

/* The bytes around a candidate, and what the walks through them met. */
struct window {
	uint8_t bytes[WINDOW];
	size_t length;
	uint64_t offset; /* of bytes[0] */
	size_t opcode;	 /* index of the candidate's opcode */
};

static int load_window(struct scan *scan, const struct candidate *candidate,
		       uint64_t start, struct window *window)
{
	window->offset = start;
	window->opcode = (size_t)(candidate->opcode - start);
	window->length = scan->memory->read(scan->memory, start, window->bytes,
					    window->opcode + INSTRUCTION_MAX);
	return window->length > window->opcode + 1;
}

/* Outcomes of a walk other than the index of the site. */
#define WALK_MISSES SIZE_MAX
#define WALK_DIES (SIZE_MAX - 1)
#define WALK_MEETS (SIZE_MAX - 2) /* another walk's way */

/*
 * Goes from instruction to instruction, beginning at index, until the opcode:
 * the index where the instruction with this opcode begins, or an outcome.
 */
static size_t walk(struct scan *scan, const uint8_t *bytes, size_t length,
		   size_t opcode, size_t index, uint8_t *visited)
{
	while (index <= opcode) {
		size_t step =
			instruction_length(scan, bytes + index, length - index);

		if (visited && visited[index]++)
			return WALK_MEETS;
		if (!step)
			return WALK_DIES;
		if (index + step > opcode &&
		    instruction_decode(bytes + index, length - index).kind)
			return index;
		index += step;
	}
	return WALK_MISSES;
}

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_UNCERTAIN };

/*
 * Walks from fifteen neighbouring bytes, `back` before the opcode.  Those that
 * run into bytes that are no instruction say nothing.
 */
static enum verdict ask_neighbours(struct scan *scan,
				   const struct candidate *candidate,
				   uint64_t back, uint64_t *site_out)
{
	uint8_t visited[WINDOW] = { 0 };
	uint64_t start = candidate->floor;
	size_t common = WALK_MEETS;
	struct window window;

	if (candidate->opcode - start > back + INSTRUCTION_MAX)
		start = candidate->opcode - back - INSTRUCTION_MAX;
	if (!load_window(scan, candidate, start, &window))
		return VERDICT_NO;
	for (size_t i = 0; i < INSTRUCTION_MAX && i <= window.opcode; i++) {
		size_t end = walk(scan, window.bytes, window.length,
				  window.opcode, i, visited);

		if (end == WALK_MEETS || end == WALK_DIES)
			continue;
		if (common != WALK_MEETS && common != end)
			return VERDICT_UNCERTAIN;
		common = end;
	}
	if (common == WALK_MEETS)
		return VERDICT_UNCERTAIN;
	if (common == WALK_MISSES)
		return VERDICT_NO;
	*site_out = window.offset + common;
	return VERDICT_YES;
}

/* Walks from where an instruction begins for sure. */
static enum verdict walk_from_start(struct scan *scan,
				    const struct candidate *candidate,
				    uint64_t *site_out)
{
	size_t opcode = (size_t)(candidate->opcode - candidate->floor);
	AUTO(heap_free) uint8_t *bytes = xmalloc(opcode + INSTRUCTION_MAX);
	size_t length = scan->memory->read(scan->memory, candidate->floor,
					   bytes, opcode + INSTRUCTION_MAX);
	size_t end;

	if (length < opcode + 2)
		return VERDICT_NO;
	end = walk(scan, bytes, length, opcode, 0, NULL);
	if (end == WALK_DIES)
		return VERDICT_UNCERTAIN;
	if (end == WALK_MISSES)
		return VERDICT_NO;
	*site_out = candidate->floor + end;
	return VERDICT_YES;
}

static enum verdict judge(struct scan *scan, const struct candidate *candidate,
			  uint64_t *site_out)
{
	uint64_t distance = candidate->opcode - candidate->floor;
	enum verdict verdict = VERDICT_UNCERTAIN;

	if (candidate->is_start && distance <= NEAR_WALK)
		verdict = walk_from_start(scan, candidate, site_out);
	if (verdict == VERDICT_UNCERTAIN)
		verdict = ask_neighbours(scan, candidate, NEAR_WALK, site_out);
	if (verdict == VERDICT_UNCERTAIN && candidate->is_start &&
	    distance <= FUNCTION_LIMIT)
		verdict = walk_from_start(scan, candidate, site_out);
	if (verdict == VERDICT_UNCERTAIN)
		verdict = ask_neighbours(scan, candidate, FAR_WALK, site_out);
	return verdict;
}

static void add_site(struct scan *scan, uint64_t offset)
{
	uint8_t bytes[INSTRUCTION_MAX];
	size_t length =
		scan->memory->read(scan->memory, offset, bytes, sizeof(bytes));
	struct instruction found = instruction_decode(bytes, length);

	if (!found.kind) /* the file is changing under us */
		return;
	if (scan->site_count == scan->site_room) {
		scan->site_room = scan->site_room * 2 + 16;
		scan->sites = xrealloc(scan->sites,
				       scan->site_room * sizeof(*scan->sites));
	}
	scan->sites[scan->site_count].offset = offset;
	scan->sites[scan->site_count].instruction = found;
	scan->site_count++;
}

/* An instruction that was found is a start for those shortly behind it. */
static void start_at_last_site(const struct scan *scan,
			       struct candidate *candidate)
{
	const struct instruction_site *last;
	uint64_t end;

	if (!scan->site_count)
		return;
	last = &scan->sites[scan->site_count - 1];
	end = last->offset + last->instruction.length;
	if (candidate->floor <= last->offset && end <= candidate->opcode &&
	    candidate->opcode - end <= NEAR_WALK) {
		candidate->floor = end;
		candidate->is_start = 1;
	}
}

/* Static programs have no index of their unwind tables. */
static int is_in_function(struct scan *scan, uint64_t offset)
{
	struct elf_frame frame;
	uint64_t address;

	return !elf_image_find_address(scan->image, offset, &address) &&
	       !elf_frames_find(scan->image, address, FRAMES_ALL, &frame) &&
	       address >= frame.start && address < frame.end;
}

/*
 * Symbols say where functions start, but not what is in between, nor that none
 * of it is data: Haskell's have a table before each place that is returned to.
 */
static int is_meant(struct scan *scan, const struct candidate *candidate,
		    uint64_t offset)
{
	uint8_t bytes[2 * MEANING];
	uint64_t start = offset < MEANING ? 0 : offset - MEANING;
	struct instruction_site site = { offset - start, { 0 } };
	size_t length;

	if (!scan->image || candidate->is_code ||
	    is_in_function(scan, offset))
		return 1;
	length = scan->memory->read(scan->memory, start, bytes, sizeof(bytes));
	if (length <= site.offset)
		return 0;
	site.instruction = instruction_decode(bytes + site.offset,
					      length - site.offset);
	return site.instruction.kind &&
	       site.instruction.kind != INSTRUCTION_FXSAVE ?
		generated_code_is_meant(bytes, length, &site) : 0;
}

static int judge_all(struct scan *scan)
{
	int err;

	if (!scan->candidate_count)
		return 0;
	err = open_disassembler(scan);
	if (err)
		return err;
	for (size_t i = 0; i < scan->candidate_count; i++) {
		struct candidate *candidate = &scan->candidates[i];
		uint64_t offset = 0;

		if (candidate->is_data)
			continue;
		start_at_last_site(scan, candidate);
		if (judge(scan, candidate, &offset) != VERDICT_YES)
			continue;
		err = is_meant(scan, candidate, offset);
		if (err < 0)
			return err;
		if (err)
			add_site(scan, offset);
	}
	return 0;
}

/* Executable parts of a file, ascending, not overlapping. */
struct range {
	uint64_t start, end;
};

static int compare_ranges(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

static size_t executable_ranges(const struct elf_image *image,
				struct range *ranges)
{
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < image->segment_count; i++) {
		const Elf64_Phdr *segment = &image->segments[i];
		struct range range = { segment->p_offset, 0 };

		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
			continue;
		if (__builtin_add_overflow(segment->p_offset, segment->p_filesz,
					   &range.end))
			continue;
		ranges[count++] = range;
	}
	qsort(ranges, count, sizeof(*ranges), compare_ranges);
	for (size_t i = 0; i < count; i++) {
		if (kept && ranges[i].start <= ranges[kept - 1].end) {
			if (ranges[i].end > ranges[kept - 1].end)
				ranges[kept - 1].end = ranges[i].end;
		} else {
			ranges[kept++] = ranges[i];
		}
	}
	return kept;
}

static void raise_floor(struct candidate *candidate, uint64_t start)
{
	if (start < candidate->floor || start > candidate->opcode)
		return;
	candidate->floor = start;
	candidate->is_start = 1;
}

/* First candidate whose opcode is not before offset. */
static size_t first_candidate(const struct scan *scan, uint64_t offset)
{
	size_t low = 0, high = scan->candidate_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (scan->candidates[middle].opcode < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Sections bound the walks, and tell read-only data beside code. */
static void apply_sections(struct scan *scan)
{
	for (size_t i = 0; i < scan->image->section_count; i++) {
		const Elf64_Shdr *section = &scan->image->sections[i];
		uint64_t end;

		if (!(section->sh_flags & SHF_ALLOC) ||
		    section->sh_type == SHT_NOBITS ||
		    __builtin_add_overflow(section->sh_offset, section->sh_size,
					   &end))
			continue;
		for (size_t c = first_candidate(scan, section->sh_offset);
		     c < scan->candidate_count &&
		     scan->candidates[c].opcode < end;
		     c++) {
			if (section->sh_flags & SHF_EXECINSTR)
				raise_floor(&scan->candidates[c],
					    section->sh_offset);
			else
				scan->candidates[c].is_data = 1;
		}
	}
}

/*
 * A function's start counts for the first candidate behind it here;
 * spread_starts() hands it on to those further behind.
 */
static void apply_symbol(struct scan *scan, const Elf64_Sym *symbol)
{
	uint64_t offset;
	size_t c;

	if (elf_image_find_offset(scan->image, symbol->st_value, &offset))
		return;
	c = first_candidate(scan, offset);
	if (elf_symbol_is_function(symbol)) {
		if (c < scan->candidate_count)
			raise_floor(&scan->candidates[c], offset);
	} else if (ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT) {
		for (; c < scan->candidate_count &&
		       scan->candidates[c].opcode - offset < symbol->st_size;
		     c++)
			scan->candidates[c].is_data = 1;
	}
}

static void spread_starts(struct scan *scan)
{
	for (size_t c = 1; c < scan->candidate_count; c++)
		if (scan->candidates[c - 1].is_start)
			raise_floor(&scan->candidates[c],
				    scan->candidates[c - 1].floor);
}

static void apply_symbols(struct scan *scan)
{
	static const uint32_t types[] = { SHT_SYMTAB, SHT_DYNSYM };

	for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
		AUTO(elf_symbols_deinit) struct elf_symbols symbols = { 0 };

		if (elf_image_load_symbols(scan->image, types[t], &symbols))
			continue;
		for (size_t i = 0; i < symbols.count; i++)
			apply_symbol(scan, &symbols.symbols[i]);
	}
	spread_starts(scan);
}

/* Returns how many candidates are in no function with unwind tables. */
static size_t apply_frames(struct scan *scan)
{
	size_t unknown = 0;

	for (size_t c = 0; c < scan->candidate_count; c++) {
		struct candidate *candidate = &scan->candidates[c];
		struct elf_frame frame;
		uint64_t address, start;

		if (candidate->is_data)
			continue;
		if (!elf_image_find_address(scan->image, candidate->opcode,
					    &address) &&
		    !elf_frames_find(scan->image, address, FRAMES_INDEXED,
				     &frame) &&
		    !elf_image_find_offset(scan->image, frame.start, &start)) {
			raise_floor(candidate, start);
			candidate->is_code = address < frame.end;
		} else {
			unknown++;
		}
	}
	return unknown;
}

static void apply_entry(struct scan *scan)
{
	uint64_t offset;
	size_t c;

	if (elf_image_find_offset(scan->image, scan->image->entry, &offset))
		return;
	c = first_candidate(scan, offset);
	if (c < scan->candidate_count)
		raise_floor(&scan->candidates[c], offset);
}

static int finish(struct scan *scan, struct instruction_site **sites_out,
		  size_t *count_out)
{
	int err = judge_all(scan);

	*sites_out = NULL;
	*count_out = 0;
	if (!err) {
		*sites_out = scan->sites;
		*count_out = scan->site_count;
		scan->sites = NULL;
	}
	scan_deinit(scan);
	return err;
}

int instruction_scan_file(int fd, struct instruction_site **sites_out,
			  size_t *count_out)
{
	AUTO(elf_image_close) struct elf_image image = { 0 };
	AUTO(heap_free) struct range *ranges = NULL;
	struct scan scan = { 0 };
	struct file_memory file;
	off_t position;
	size_t count;

	*sites_out = NULL;
	*count_out = 0;
	file_memory_init(&file, fd);
	if (elf_image_open(&file.memory, 0, &image))
		return 0;
	scan.memory = &file.memory;
	scan.image = &image;
	ranges = xcalloc(image.segment_count + 1, sizeof(*ranges));
	count = executable_ranges(&image, ranges);
	position = lseek(fd, 0, SEEK_CUR); /* may be the program's own */
	for (size_t i = 0; i < count; i++)
		search_data(&scan, fd, ranges[i].start, ranges[i].end);
	if (position >= 0)
		lseek(fd, position, SEEK_SET);
	apply_sections(&scan);
	apply_entry(&scan);
	if (apply_frames(&scan))
		apply_symbols(&scan);
	return finish(&scan, sites_out, count_out);
}

int instruction_scan_bytes(const uint8_t *bytes, size_t length,
			   struct instruction_site **sites_out,
			   size_t *count_out)
{
	struct scan scan = { 0 };
	struct bytes_memory buffer;

	bytes_memory_init(&buffer, bytes, length);
	scan.memory = &buffer.memory;
	search_range(&scan, 0, length, 0);
	if (scan.candidate_count)
		scan.candidates[0].is_start = 1;
	spread_starts(&scan);
	return finish(&scan, sites_out, count_out);
}
