# SPDX-License-Identifier: MIT
# python3: TLS between two threads over loopback, random numbers of libcrypto.
# needs: python3 openssl
python3 - <<'END'
import hashlib, secrets, socket, ssl, threading
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain("cert.pem", "key.pem")
listener = socket.create_server(("127.0.0.1", 0))
def serve():
    connection, _ = listener.accept()
    with server.wrap_socket(connection, server_side=True) as tls:
        data = tls.recv(100); tls.sendall(data[::-1])
thread = threading.Thread(target=serve); thread.start()
client = ssl.create_default_context(cafile="cert.pem")
with socket.create_connection(listener.getsockname()) as plain:
    with client.wrap_socket(plain, server_hostname="localhost") as tls:
        tls.sendall(b"hello"); print(tls.recv(100), tls.version(), tls.cipher())
thread.join()
print(secrets.token_hex(16), ssl.RAND_bytes(8).hex())
print(hashlib.sha512(b"x" * 100000).hexdigest()[:16])
print(hashlib.scrypt(b"p", salt=b"s", n=1024, r=8, p=1).hex()[:16])
END
