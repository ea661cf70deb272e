/* SPDX-License-Identifier: MIT */
/* As exec_self, linked another way (see list). */
#include "exec_self.c"
