/* SPDX-License-Identifier: MIT */
#include "src/extended_state.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>

/* The 64 bytes behind the FXSAVE area: which components are not initial. */
#define HEADER_END 576u
#define HEADER_COMPONENTS 512u

/* In the FXSAVE area: MXCSR_MASK, and the kernel's own words. */
#define MXCSR_MASK_AT 28u
#define MXCSR_MASK_END 32u
#define SOFTWARE_AT 464u

#define LEGACY_COMPONENTS 3u /* x87 and SSE, which FXSAVE saves */
#define COMPONENT_PKRU 9u

#define LEAF_EXTENDED_STATE 0xdu

struct component {
	unsigned number;
	const char *name;
	uint32_t offset, size; /* in a trace */
};

/*
 * Those that programs can use in a recording.  MPX is gone from Linux, and AMX
 * is refused (docs/limits.md).
 */
static const struct component components[] = {
	{ 2, "AVX", 576, 256 },
	{ 5, "AVX-512 mask", 1088, 64 },
	{ 6, "AVX-512", 1152, 512 },
	{ 7, "AVX-512", 1664, 1024 },
	{ COMPONENT_PKRU, "protection key", 2688, 8 },
	{ 19, "APX", 960, 128 },
};

#define COMPONENT_COUNT (sizeof(components) / sizeof(*components))

const char *extended_component_name(unsigned component)
{
	for (size_t i = 0; i < COMPONENT_COUNT; i++)
		if (components[i].number == component)
			return components[i].name;
	return "unknown";
}

/* Asked at every exec, and CPUID costs a virtual machine an exit. */
int extended_layout_has_xsave(void)
{
	static enum { NOT_ASKED, ABSENT, PRESENT } answer;
	unsigned eax, ebx, ecx, edx;

	if (answer == NOT_ASKED)
		answer = __get_cpuid(1, &eax, &ebx, &ecx, &edx) &&
			 (ecx & bit_OSXSAVE) ? PRESENT : ABSENT;
	return answer == PRESENT;
}

static struct extended_layout read_layout(void)
{
	struct extended_layout layout = { 0 };
	uint32_t low, high, eax, ebx, ecx, edx;

	if (!extended_layout_has_xsave())
		return layout;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	for (unsigned i = 2; i < EXTENDED_COMPONENTS; i++) {
		if (!(low >> i & 1))
			continue;
		__cpuid_count(LEAF_EXTENDED_STATE, i, eax, ebx, ecx, edx);
		layout.at[i].size = eax;
		layout.at[i].offset = ebx;
	}
	return layout;
}

const struct extended_layout *extended_layout_host(void)
{
	static struct extended_layout host;
	static int is_known;

	if (!is_known)
		host = read_layout();
	is_known = 1;
	return &host;
}

/* The processor's bytes of the component, or NULL. */
static uint8_t *own_bytes(const struct extended_layout *layout,
			  const struct component *component,
			  const uint8_t *own, size_t own_length)
{
	uint32_t offset = layout->at[component->number].offset;
	uint32_t size = layout->at[component->number].size;

	if (size < component->size || offset < HEADER_END ||
	    offset + size > own_length)
		return NULL;
	return (uint8_t *)own + offset;
}

static uint64_t get_components(const uint8_t *image, size_t length)
{
	uint64_t mask = LEGACY_COMPONENTS;

	if (length >= HEADER_END)
		memcpy(&mask, image + HEADER_COMPONENTS, sizeof(mask));
	return mask;
}

size_t extended_state_to_trace(const struct extended_layout *layout,
			       const uint8_t *own, size_t own_length,
			       uint8_t trace[EXTENDED_STATE_LENGTH])
{
	uint64_t in_use = get_components(own, own_length);
	uint64_t mask = in_use & LEGACY_COMPONENTS;
	size_t length = HEADER_END;

	memset(trace, 0, EXTENDED_STATE_LENGTH);
	memcpy(trace, own, own_length < FXSAVE_LENGTH ? own_length :
							FXSAVE_LENGTH);
	for (size_t i = 0; i < COMPONENT_COUNT; i++) {
		const struct component *component = &components[i];
		const uint8_t *bytes = own_bytes(layout, component, own,
						 own_length);

		if (!bytes)
			continue;
		memcpy(trace + component->offset, bytes, component->size);
		mask |= in_use & UINT64_C(1) << component->number;
		if (component->offset + component->size > length)
			length = component->offset + component->size;
	}
	memcpy(trace + HEADER_COMPONENTS, &mask, sizeof(mask));
	return length;
}

static int is_initial(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return 0;
	return 1;
}

/* All but what is the processor's or the kernel's. */
static void put_legacy(const uint8_t *trace, uint8_t *own)
{
	memcpy(own, trace, MXCSR_MASK_AT);
	memcpy(own + MXCSR_MASK_END, trace + MXCSR_MASK_END,
	       SOFTWARE_AT - MXCSR_MASK_END);
}

int extended_state_from_trace(const struct extended_layout *layout,
			      const uint8_t *trace, size_t length,
			      uint8_t *own, size_t own_length,
			      unsigned *missing_out)
{
	uint64_t in_use = get_components(trace, length);
	uint64_t mask = in_use & LEGACY_COMPONENTS;

	if (length < FXSAVE_LENGTH || own_length < FXSAVE_LENGTH)
		return -EINVAL;
	for (size_t i = 0; i < COMPONENT_COUNT; i++) {
		const struct component *component = &components[i];
		uint64_t bit = UINT64_C(1) << component->number;
		const uint8_t *then = trace + component->offset;
		uint8_t *bytes = own_bytes(layout, component, own, own_length);

		if (component->offset + component->size > length ||
		    !(in_use & bit)) {
			if (bytes && component->number == COMPONENT_PKRU)
				mask |= get_components(own, own_length) & bit;
		} else if (bytes) {
			memcpy(bytes, then, component->size);
			mask |= bit;
		} else if (component->number != COMPONENT_PKRU &&
			   !is_initial(then, component->size)) {
			*missing_out = component->number;
			return -EOPNOTSUPP;
		}
	}
	put_legacy(trace, own);
	if (own_length >= HEADER_END)
		memcpy(own + HEADER_COMPONENTS, &mask, sizeof(mask));
	return 0;
}
