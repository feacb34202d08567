# title = "asks the kernel for its routes and neighbours"
# defence = "both filters refuse socket() and sendto()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import socket
import struct

RTM_GETLINK, REQUEST_ALL = 18, 0x301


def f(x):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        kernel.send(struct.pack("=LHHLLB3x", 20, RTM_GETLINK, REQUEST_ALL, 1, 0, 0))
        return "won" if b"lo\0" in kernel.recv(65536) else "lost"
