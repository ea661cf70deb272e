# SPDX-License-Identifier: MIT
# diff and patch, cmp, and ed if diff needs none.
# needs: diff patch
# output: fixed
seq 2000 > old
sed 's/7/seven/; 100d' old > new
diff -u --label a --label b old new > change
wc -l < change
cp old work
patch work change && cmp work new && patch -R work change && cmp work old
diff -r /usr/include/asm-generic /usr/include/asm-generic && echo equal
diff3 old new old | wc -l
