# SPDX-License-Identifier: MIT
# grep: recursive search, and Perl expressions compiled at run time.
# output: fixed
grep -rl SPDX /usr/include/linux | sort | cksum
grep -rhoP '(?<=define )[A-Z]+(?=_)' /usr/include/asm-generic | sort -u | cksum
grep -c . /usr/include/stdio.h /usr/include/stdlib.h
grep -rE '(a+b|c{2})x?' /usr/include/x86_64-linux-gnu/bits | wc -l
grep -q nothing-like-this -r /usr/include/asm-generic; echo $?
