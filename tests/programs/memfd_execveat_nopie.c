/* SPDX-License-Identifier: MIT */
/* As memfd_execveat, linked another way. */
#include "memfd_execveat.c"
