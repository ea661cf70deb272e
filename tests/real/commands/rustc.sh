# SPDX-License-Identifier: MIT
# rustc: a compiler of threads and LLVM.
# needs: rustc
# long
echo 'fn main() { println!("built"); }' > p.rs && rustc -O p.rs && ./p
