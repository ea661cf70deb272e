/* SPDX-License-Identifier: MIT */
/* The commands of reel, one command_NAME.c each. */
#ifndef REEL_COMMANDS_H
#define REEL_COMMANDS_H

#include "src/options.h"

extern const struct command command_record;
extern const struct command command_replay;
extern const struct command command_debug;
extern const struct command command_ls;
extern const struct command command_info;
extern const struct command command_dump;
extern const struct command command_stat;
extern const struct command command_bt;
extern const struct command command_disasm;
extern const struct command command_read;
extern const struct command command_maps;
extern const struct command command_fds;
extern const struct command command_snapshots;
extern const struct command command_extract;
extern const struct command command_verify;
extern const struct command command_pack;
extern const struct command command_unpack;
extern const struct command command_rm;
extern const struct command command_gc;
extern const struct command command_doctor;

#endif
