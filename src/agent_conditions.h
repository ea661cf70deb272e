/* SPDX-License-Identifier: MIT */
/*
 * The agent: how it makes calls of each condition (agent_table.h).  False when
 * the call was not made, and needs a stop.
 */
#ifndef REEL_AGENT_CONDITIONS_H
#define REEL_AGENT_CONDITIONS_H

#include "src/agent_record.h"

/* agent_transfer.c */
int agent_read(struct recording *recording);
int agent_write(struct recording *recording);
int agent_file_read(struct recording *recording);
int agent_file_write(struct recording *recording);
int agent_directory(struct recording *recording);
int agent_file_copy(struct recording *recording);
int agent_sync(struct recording *recording);
int agent_vector_read(struct recording *recording);
int agent_vector_write(struct recording *recording);
int agent_send(struct recording *recording);
int agent_receive(struct recording *recording);

/* agent_open.c */
int agent_path(struct recording *recording);
int agent_status(struct recording *recording);
int agent_non_blocking_lock(struct recording *recording);
int agent_open(struct recording *recording, uint64_t directory, uint64_t path,
	       uint64_t flags);
int agent_close(struct recording *recording);
int agent_new_descriptor(struct recording *recording);
int agent_new_pair(struct recording *recording);
int agent_new_connection(struct recording *recording);

/* agent_wait.c */
int agent_poll(struct recording *recording);
int agent_poll_masked(struct recording *recording);
int agent_epoll(struct recording *recording);
int agent_select(struct recording *recording);
int agent_futex_wake(struct recording *recording);
int agent_futex_wait(struct recording *recording);
int agent_no_sleep(struct recording *recording);

/* agent_setting.c */
int agent_signal_mask(struct recording *recording);
int agent_signal_action(struct recording *recording);
int agent_socket_option(struct recording *recording);
int agent_limit(struct recording *recording);

/* agent_message.c */
int agent_send_message(struct recording *recording);
int agent_receive_message(struct recording *recording);

/* agent_space.c */
int agent_map(struct recording *recording);
int agent_plain_range(struct recording *recording);
int agent_break(struct recording *recording);

#endif
