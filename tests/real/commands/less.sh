# SPDX-License-Identifier: MIT
# less on a pseudo-terminal: raw mode, keys, searching, and as a filter.
# needs: less script
seq 3000 > file
less file | tail -1
(sleep 0.3; printf 'G'; sleep 0.1; printf '/77\n'; sleep 0.1; printf 'q') |
	timeout 20 script -qec 'stty rows 10 cols 40; less -X file' /dev/null |
	tr -d '\r' | grep -c 3000
