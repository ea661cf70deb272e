# SPDX-License-Identifier: MIT
# python3: asyncio with sockets, child processes, signals, timers, threads.
# needs: python3
# output: fixed
python3 - <<'END'
import asyncio, os, signal
async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper()); await writer.drain()
    writer.close()
async def client(port, n):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for i in range(20):
        writer.write(b"client %d line %d\n" % (n, i))
        answer = await reader.readline()
    writer.close(); await writer.wait_closed()
    return answer
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(await asyncio.gather(*(client(port, n) for n in range(5))))
    server.close(); await server.wait_closed()
    child = await asyncio.create_subprocess_exec(
        "sh", "-c", "read x; echo got $x; exit 3",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    print(await child.communicate(b"hello\n"), child.returncode)
    got = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, got.set)
    os.kill(os.getpid(), signal.SIGUSR1); await got.wait()
    print(await asyncio.to_thread(lambda: sum(range(1000))))
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.05)
    except asyncio.TimeoutError:
        print("timed out")
asyncio.run(main())
END
