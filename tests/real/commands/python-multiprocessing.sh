# SPDX-License-Identifier: MIT
# python3: multiprocessing by fork and by spawn, semaphores, shared memory.
# needs: python3
# output: fixed
cat > program.py <<'END'
import multiprocessing as mp
from multiprocessing import shared_memory
def square(n):
    return n * n
def fill(name, value, start):
    room = shared_memory.SharedMemory(name)
    room.buf[start:start + 100] = bytes([value]) * 100
    room.close()
def count(value, times):
    for _ in range(times):
        with value.get_lock():
            value.value += 1
if __name__ == "__main__":
    with mp.get_context("fork").Pool(2) as pool:
        print(sum(pool.map(square, range(200))))
    value = mp.Value("i", 0)
    children = [mp.Process(target=count, args=(value, 50)) for _ in range(3)]
    for c in children: c.start()
    for c in children: c.join()
    print(value.value, [c.exitcode for c in children])
    room = shared_memory.SharedMemory(create=True, size=300)
    spawn = mp.get_context("spawn")
    children = [spawn.Process(target=fill, args=(room.name, i + 1, i * 100))
                for i in range(2)]
    for c in children: c.start()
    for c in children: c.join()
    print(sum(room.buf)); room.close(); room.unlink()
    ours, theirs = mp.Pipe()
    child = mp.Process(target=theirs.send, args=("through a pipe",))
    child.start(); print(ours.recv()); child.join()
END
python3 program.py
