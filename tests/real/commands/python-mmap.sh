# SPDX-License-Identifier: MIT
# python3: shared mappings between processes and under write and truncate.
# needs: python3
# output: fixed
python3 - <<'END'
import mmap, os
with open("file", "w+b") as file:
    file.write(b"a" * 10000); file.flush()
    shared = mmap.mmap(file.fileno(), 0)
    os.pwrite(file.fileno(), b"written", 4090); print(shared[4088:4100])
    if not (pid := os.fork()):
        shared[0:5] = b"child"; shared.flush(); os._exit(0)
    os.waitpid(pid, 0); print(shared[:8], os.pread(file.fileno(), 8, 0))
    shared.resize(20000); print(len(shared), shared[9999:10002])
    os.copy_file_range(file.fileno(), file.fileno(), 100, 0, 15000)
    print(shared[15000:15003])
private = mmap.mmap(-1, 1 << 20); private[1 << 19] = 7
anonymous = mmap.mmap(-1, 8192, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
if not (pid := os.fork()):
    private[0] = 1; anonymous[0] = 9; os._exit(0)
os.waitpid(pid, 0); print(private[0], private[1 << 19], anonymous[0])
private.madvise(mmap.MADV_DONTNEED); print(private[1 << 19])
memory = os.memfd_create("shared"); os.ftruncate(memory, 8192)
one, two = mmap.mmap(memory, 8192), mmap.mmap(memory, 8192)
one[0:3] = b"abc"; os.pwrite(memory, b"xyz", 5000); print(two[:3], two[5000:5003])
END
