/* SPDX-License-Identifier: MIT */
/*
 * Extended registers (x87, SSE, AVX ...), between the layout of a processor's
 * XSAVE area and the one of traces.
 *
 * An NT_X86_XSTATE regset is as long as the processor has components, they are
 * not at the same offsets with all makers, and without XSAVE there is none.  In
 * a trace they are in one layout, XSAVE's standard format with the offsets that
 * Intel's processors use, so that a trace replays on another processor.
 */
#ifndef REEL_EXTENDED_STATE_H
#define REEL_EXTENDED_STATE_H

#include <stddef.h>
#include <stdint.h>

#define FXSAVE_LENGTH 512u
#define EXTENDED_STATE_LENGTH 2696u /* at most, in a trace */

#define EXTENDED_COMPONENTS 32u

/* Where a processor has its components; size 0: it has not that one. */
struct extended_layout {
	struct {
		uint32_t offset, size;
	} at[EXTENDED_COMPONENTS];
};

/* Without XSAVE all sizes are 0, and images are of FXSAVE_LENGTH bytes. */
const struct extended_layout *extended_layout_host(void);
int extended_layout_has_xsave(void);

/* The processor's image as a trace has it; returns the length. */
size_t extended_state_to_trace(const struct extended_layout *layout,
			       const uint8_t *own, size_t own_length,
			       uint8_t trace[EXTENDED_STATE_LENGTH]);

/*
 * Puts a trace's (of a program, or a hostile one's) into the processor's image,
 * which holds the state to replace.  -EOPNOTSUPP: a component is in use that
 * this processor lacks, with its number in *missing_out.
 */
int extended_state_from_trace(const struct extended_layout *layout,
			      const uint8_t *trace, size_t length,
			      uint8_t *own, size_t own_length,
			      unsigned *missing_out);

/* "AVX" and so on. */
const char *extended_component_name(unsigned component);

#endif
