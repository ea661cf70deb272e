# SPDX-License-Identifier: MIT
# Copies, links, sparse files, renames, times and modes.
# output: fixed
mkdir a b
truncate -s 5M a/sparse
echo data >> a/sparse
cp -a --sparse=always --reflink=auto a/sparse b/copy
cmp a/sparse b/copy && ln a/sparse a/hard && ln -s ../a/sparse b/soft
touch -d '2001-02-03 04:05:06' a/sparse
stat -c '%n %s %h %Y %F' a/*
stat -c '%n %s %F' b/soft
mv a/hard b/moved
chmod 640 b/moved
stat -c '%a' b/moved
install -m 700 b/soft b/installed
readlink b/soft; realpath --relative-to=. b/soft
cp -r b c && rm -r a b && find c | sort
