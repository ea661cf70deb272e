# SPDX-License-Identifier: MIT
# The program's standard input stays its own: read, sought, inherited.
# output: fixed
read -r first; echo "$first"
head -c 10 | od -An -c
sed -n 2q
wc -l
python3 -c 'import sys; sys.stdin.seek(0); print(len(sys.stdin.read()))' \
	2> /dev/null || cat /proc/self/fd/0 | wc -c
