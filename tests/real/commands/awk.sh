# SPDX-License-Identifier: MIT
# awk: pipes to and from commands, getline, srand by the clock, close.
# needs: awk
awk 'BEGIN {
	srand(); print rand() < 1
	while (("ls /etc/pass*" | getline line) > 0) print line
	for (i = 0; i < 50000; i++) count[i % 97] += i
	for (k in count) print k, count[k] | "sort -n | tail -2"
	close("sort -n | tail -2")
	print ENVIRON["TERM"] > "/dev/stderr"
	system("exit 3")
	while ((getline line < "/etc/passwd") > 0) n++
	print n > 0
	printf "%.6f\n", atan2(0, -1)
}'
awk 'BEGIN { "date +%s%N" | getline now; print now }'
