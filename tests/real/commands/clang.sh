# SPDX-License-Identifier: MIT
# clang: compiling, its own bitcode, and the program that results.
# needs: clang
# output: fixed
printf '#include <stdio.h>\nint main(void) { puts("built"); return 0; }\n' > p.c
clang -O2 -Wall -o program p.c && ./program
clang -c -emit-llvm -o p.bc p.c && clang -o again p.bc && ./again
