/* SPDX-License-Identifier: MIT */
#include "src/disassembler.h"

#include "traces/report.h"

csh disassembler(void)
{
	static csh handle;

	if (!handle) {
		bug_unless(!cs_open(CS_ARCH_X86, CS_MODE_64, &handle),
			   "capstone: no disassembler");
		cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	}
	return handle;
}

cs_insn *disassembler_room(void)
{
	cs_insn *insn = cs_malloc(disassembler());

	bug_unless(insn, "capstone: out of memory");
	return insn;
}
