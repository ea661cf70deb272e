# SPDX-License-Identifier: MIT
# What no two runs print alike: time, random numbers, process numbers.
date +%s.%N
shuf -i 1-1000000 -n 5
mktemp -u; mktemp -d
head -c 16 /dev/urandom | od -An -tx8
od -An -tx4 -N16 /dev/random
cat /proc/sys/kernel/random/uuid
sh -c 'echo $$ $PPID'
uptime 2> /dev/null || cat /proc/uptime
seq 1000 | sort -R | head -3
ls -i .
