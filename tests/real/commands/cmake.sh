# SPDX-License-Identifier: MIT
# cmake: configuring a project runs many compilers through libuv.
# needs: cmake gcc make
# long
echo 'int main(void) { return 0; }' > main.c
printf 'cmake_minimum_required(VERSION 3.10)\nproject(p C)\nadd_executable(p main.c)\n' > CMakeLists.txt
cmake -S . -B build > log 2>&1 && cmake --build build -j2 > log2 2>&1 && build/p
echo $?
