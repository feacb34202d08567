# title = "listens on the loopback for those after it"
# defence = "both filters refuse socket()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import socket


def f(x):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        client.sendall(b"won")
        return accepted.recv(3).decode()
