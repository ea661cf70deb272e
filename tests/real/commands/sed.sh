# SPDX-License-Identifier: MIT
# sed: in place with backups, the w command, hold space, the e command.
# output: fixed
seq 1 300 > file
sed -i.old -e 's/1/one/g; 5,7d' -e '$a last' file
cmp -s file file.old || echo changed
sed -n -e '/one$/w ones' -e 'H; ${x; s/\n/,/g; p}' file | cksum
wc -l < ones
echo 'echo executed' | sed e
sed -E -n 's/(.)\1/<\1>/p' file | tail -1
sed -s -n '$=' file file.old | tail -1; sed 3q\;s/x/y/w/dev/stdout file | wc -l
