# SPDX-License-Identifier: MIT
# find | xargs -P: several processes at once, and find's own actions.
# output: fixed
find /usr/include/linux -name '*.h' -print0 | xargs -0 -n 50 -P 3 cksum |
	sort | cksum
find /usr/include/linux -type f -size +20k -exec grep -l ioctl {} + | sort |
	cksum
find /usr/include/asm-generic -name 't*' -execdir basename {} \; | sort
seq 40 | xargs -n 1 -P 4 sh -c 'exit 0' && echo ok
mkdir -p d/e/f; touch d/e/f/g; find d -depth -delete; ls
