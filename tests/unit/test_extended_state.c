/* SPDX-License-Identifier: MIT */
/* Extended registers between processors of different layouts. */
#include "src/extended_state.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "src/task.h"

#define HEADER 512u
#define YMM 0x04u
#define MASKS 0x20u

/* As with processors that have AVX, and with two kinds of AVX-512. */
static const struct extended_layout none, avx = {
	.at = { [2] = { 576, 256 } },
}, wide = {
	.at = { [2] = { 576, 256 }, [5] = { 1088, 64 }, [6] = { 1152, 512 },
		[7] = { 1664, 1024 }, [9] = { 2688, 8 } },
}, packed = {
	.at = { [2] = { 576, 256 }, [5] = { 832, 64 }, [6] = { 896, 512 },
		[7] = { 1408, 1024 }, [9] = { 2432, 8 } },
};

static uint8_t trace[EXTENDED_STATE_LENGTH];
static uint8_t own[EXTENDED_STATE_LENGTH];
static unsigned missing;

/* An image in use: legacy bytes 1, header, ymm 2, AVX-512 masks 3. */
static void fill(const struct extended_layout *layout, uint64_t in_use)
{
	memset(own, 0, sizeof(own));
	memset(own, 1, FXSAVE_LENGTH);
	memcpy(own + HEADER, &in_use, sizeof(in_use));
	memset(own + 576, in_use & YMM ? 2 : 0, 256);
	if (layout->at[5].size)
		memset(own + layout->at[5].offset, in_use & MASKS ? 3 : 0, 64);
}

static uint64_t components_of(const uint8_t *image)
{
	uint64_t mask;

	memcpy(&mask, image + HEADER, sizeof(mask));
	return mask;
}

Test(extended_state, one_maker_to_another)
{
	uint8_t masks[64];

	fill(&packed, 3 | YMM | MASKS);
	cr_assert_eq(extended_state_to_trace(&packed, own, 2440, trace), 2696);
	fill(&wide, 3);
	cr_assert_eq(extended_state_from_trace(&wide, trace, 2696, own, 2696,
					       &missing), 0);
	cr_assert_eq(components_of(own), 3 | YMM | MASKS);
	memset(masks, 3, sizeof(masks));
	cr_assert_arr_eq(own + 1088, masks, sizeof(masks));
}

Test(extended_state, without_xsave)
{
	fill(&none, 0);
	cr_assert_eq(extended_state_to_trace(&none, own, FXSAVE_LENGTH, trace),
		     576);
	cr_assert_eq(components_of(trace), 3);
	fill(&avx, 3 | YMM);
	cr_assert_eq(extended_state_from_trace(&avx, trace, 576, own, 832,
					       &missing), 0);
	cr_assert_eq(components_of(own), 3, "the upper halves are initial");
	fill(&none, 0);
	cr_assert_eq(extended_state_from_trace(&none, trace, 576, own,
					       FXSAVE_LENGTH, &missing), 0);
}

Test(extended_state, says_what_is_missing)
{
	fill(&wide, 3 | YMM | MASKS);
	extended_state_to_trace(&wide, own, 2696, trace);
	cr_assert_eq(extended_state_from_trace(&avx, trace, 2696, own, 832,
					       &missing), -EOPNOTSUPP);
	cr_assert_eq(missing, 5);
	cr_assert_str_eq(extended_component_name(missing), "AVX-512 mask");
	cr_assert_eq(extended_state_from_trace(&none, trace, 2696, own,
					       FXSAVE_LENGTH, &missing),
		     -EOPNOTSUPP);
	cr_assert_eq(missing, 2);
	/* In use, says the header, but zero. */
	fill(&wide, 3);
	own[HEADER] = 3 | YMM;
	extended_state_to_trace(&wide, own, 2696, trace);
	cr_assert_eq(extended_state_from_trace(&none, trace, 2696, own,
					       FXSAVE_LENGTH, &missing), 0);
}

Test(extended_state, leaves_the_processors_own)
{
	fill(&avx, 3);
	extended_state_to_trace(&avx, own, 832, trace);
	memset(own, 7, sizeof(own));
	own[HEADER] = 3;
	cr_assert_eq(extended_state_from_trace(&avx, trace, 832, own, 832,
					       &missing), 0);
	cr_assert_eq(own[27], 1);
	cr_assert_eq(own[28], 7, "MXCSR_MASK");
	cr_assert_eq(own[464], 7, "the kernel's words");
}

Test(extended_state, takes_short_ones_for_damage)
{
	cr_assert_eq(extended_state_from_trace(&avx, trace, 511, own, 832,
					       &missing), -EINVAL);
	for (size_t length = 512; length < sizeof(trace); length++) {
		memset(trace, 0xff, sizeof(trace));
		extended_state_from_trace(&packed, trace, length, own,
					  sizeof(own), &missing);
	}
}

Test(extended_state, of_this_processor)
{
	const struct extended_layout *layout = extended_layout_host();
	uint32_t end = 0;

	for (unsigned i = 0; i < EXTENDED_COMPONENTS; i++)
		if (layout->at[i].offset + layout->at[i].size > end)
			end = layout->at[i].offset + layout->at[i].size;
	cr_assert(end >= (extended_layout_has_xsave() ? 576 : 0));
}
