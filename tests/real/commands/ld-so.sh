# SPDX-License-Identifier: MIT
# The dynamic linker as a program: --list, preloading, audit of bindings.
# output: fixed
ld=/lib64/ld-linux-x86-64.so.2
$ld --list /bin/ls | sed 's/ (.*//' | sort
$ld --argv0 renamed /bin/sh -c 'echo $0'
$ld --library-path /nowhere /bin/echo found
LD_DEBUG=statistics /bin/true 2>&1 | grep -c relocation
ldd /bin/bash | wc -l
$ld --help | grep -c x86-64-v
LD_SHOW_AUXV=1 /bin/true | grep -c AT_
getconf PAGE_SIZE; locale -a | grep -c C
