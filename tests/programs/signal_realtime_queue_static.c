/* SPDX-License-Identifier: MIT */
/* As signal_realtime_queue, linked statically. */
#include "signal_realtime_queue.c"
