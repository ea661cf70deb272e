# SPDX-License-Identifier: MIT
# memcached as a daemon: four threads, a client with many connections, SIGTERM.
# needs: memcached python3
# output: fixed
memcached -d -u root -l 127.0.0.1 -p "$PORT" -t 4 -P "$PWD/pid" || exit 1
cat > client.py <<'END'
import os, socket, threading, time
def connect():
    for _ in range(400):
        try:
            return socket.create_connection(("127.0.0.1", int(os.environ["PORT"])))
        except ConnectionRefusedError:
            time.sleep(0.02)
counts = [0] * 6
def client(number):
    server = connect()
    answers = server.makefile("rb")
    for i in range(60):
        key, value = "k%d" % (i % 7), "v" * (1 + 97 * i % 2000)
        server.sendall(("set %s 0 0 %d\r\n%s\r\nget %s\r\nincr n 1\r\n" %
                        (key, len(value), value, key)).encode())
        assert answers.readline() == b"STORED\r\n"
        assert answers.readline().startswith(b"VALUE " + key.encode())
        assert answers.readline().strip(b"v") == b"\r\n"
        assert answers.readline() == b"END\r\n"
        counts[number] += int(answers.readline()) > 0
first = connect()
first.sendall(b"set n 0 0 1\r\n0\r\n")
print(first.recv(100))
threads = [threading.Thread(target=client, args=(n,)) for n in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
first.sendall(b"get n\r\n")
print(counts, first.recv(100))
END
python3 client.py
# It removes the file, before it has ended.
pid=$(cat pid); kill -TERM "$pid"
while kill -0 "$pid" 2> /dev/null; do sleep 0.02; done
echo ended
