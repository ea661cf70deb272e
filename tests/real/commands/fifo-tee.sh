# SPDX-License-Identifier: MIT
# Named pipes with readers and writers that wait for each other.
# output: fixed
mkfifo one two
seq 3000 | tee one two | tail -1 > direct &
md5sum < one > sum &
wc -c < two > count &
wait
cat direct sum count
yes | head -n 20000 | cksum
cat /dev/zero | head -c 300000 | wc -c
