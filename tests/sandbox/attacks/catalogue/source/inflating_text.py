# title = "unpacks a few kilobytes into more than there is room for"
# defence = "a limit of address space"
# without = ["limits", "memory"]
# wall_ms = 10000
# holds = "memory limit"
# falls = "returned won"

import zlib


def f(x):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    megabyte = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    zlib.decompress(900 * megabyte + b"\x03\0", -15, bufsize=900 << 20)
    return "won"
