# title = "watches which files others open"
# defence = "both filters refuse fanotify_init()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


REPORT_FID = 0x200


def f(x):
    checked(libc.fanotify_init(REPORT_FID, 0))
    return "won"
