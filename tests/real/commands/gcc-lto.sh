# SPDX-License-Identifier: MIT
# gcc with link-time optimization in two processes, and a shared library.
# needs: gcc make
# output: fixed
for i in 1 2 3; do echo "int f$i(int x) { return x + $i; }" > f$i.c; done
cat > main.c <<'END'
#include <stdio.h>
int f1(int), f2(int), f3(int);
int main(void) { return printf("%d\n", f1(f2(f3(1)))) < 0; }
END
gcc -O2 -flto=2 -o one main.c f1.c f2.c f3.c && ./one
gcc -shared -fPIC -o libf.so f1.c f2.c f3.c
gcc -o two main.c -L. -lf -Wl,-rpath,"$PWD" && ./two
LD_BIND_NOW=1 ./two
