# SPDX-License-Identifier: MIT
# vim without a screen, then with one on a pseudo-terminal.
# needs: vim script
seq 200 > file
vim -N -u NONE -i NONE -n -es -c '%s/1/one/g' -c 'g/5$/d' \
	-c 'call append(0, strftime("%Y") > 2000 ? "later" : "?")' \
	-c 'write! new' -c '%!sort -r' -c 'w! sorted' -c 'qa!' file
echo $?; cksum new sorted
printf 'ihello\033:w! typed\r:q!\r' |
	timeout 20 script -qec 'vim -N -u NONE -i NONE -n' /dev/null | wc -l
cat typed
