# SPDX-License-Identifier: MIT
# tar through xz, incremental archives, sparse members.
# needs: xz
# output: fixed
tar -C /usr/include -cJf headers.txz asm-generic
mkdir out
tar -C out -xJf headers.txz
diff -r out/asm-generic /usr/include/asm-generic && echo same
mkdir data; seq 100 > data/one; truncate -s 3M data/sparse; echo x >> data/sparse
tar --sparse --listed-incremental=state -cf first.tar data
echo more > data/two
tar --sparse --listed-incremental=state -cf second.tar data
tar -tf second.tar
tar -xOf first.tar data/sparse | cmp - data/sparse && echo equal
