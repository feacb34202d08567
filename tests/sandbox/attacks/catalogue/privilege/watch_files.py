# title = "watches which files others open"
# defence = "both filters refuse fanotify_init()"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

REPORT_FID = 0x200


def f(x):
    checked(libc.fanotify_init(REPORT_FID, 0))
    return "won"
