# SPDX-License-Identifier: MIT
# ripgrep, built from Rust: parallel walking, memory maps, SIMD by CPU.
# needs: rg
rg -c --sort path 'define\s+\w+_H\b' /usr/include/linux | cksum
rg -l --threads 3 struct /usr/include/linux | sort | cksum
rg --mmap -o 'int [a-z]+' /usr/include/stdio.h | wc -l
rg -F 'nothing like this' /usr/include/asm-generic; echo $?
rg --json printf /usr/include/stdio.h | tail -1
