/* SPDX-License-Identifier: MIT */
/* As signal_realtime_queue, with another libc: musl, linked statically. */
#include "signal_realtime_queue.c"
