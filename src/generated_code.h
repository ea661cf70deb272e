/* SPDX-License-Identifier: MIT */
/* Instructions in code of which nothing is known but its bytes. */
#ifndef REEL_GENERATED_CODE_H
#define REEL_GENERATED_CODE_H

#include "src/instruction.h"

/*
 * Finds CPUID, RDRAND, RDSEED and XGETBV in memory where data lies among the
 * code and no symbols tell it apart: only those that the instructions around
 * them give sense to, such as a CPUID after a load of the leaf's number.
 * Offsets are ascending; the caller frees *sites_out.
 */
int generated_code_scan(const uint8_t *bytes, size_t length,
			struct instruction_site **sites_out,
			size_t *count_out);

/*
 * The same of one place in a file, where no unwind table says that it is code:
 * there may be tables between functions, as those of Haskell's are.  An
 * argument that is variable makes sense, too, when it is set just before, or
 * the results are kept, and so does any RDPID, which is four bytes.  Negative
 * errno when it can't be told.
 */
int generated_code_is_meant(const uint8_t *bytes, size_t length,
			    const struct instruction_site *site);

#endif
