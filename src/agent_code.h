/* SPDX-License-Identifier: MIT */
/* The agent's bytes, for AGENT_TEXT; made when reel is built (Makefile.am). */
#ifndef REEL_AGENT_CODE_H
#define REEL_AGENT_CODE_H

extern const unsigned char agent_code[];
extern const unsigned long agent_code_length;

#endif
