# title = "writes a setting of the kernel, the same as it is"
# defence = "/proc/sys is mounted read-only and root's"
# without = ["user", "read-only paths"]
# holds = "raised PermissionError"
# falls = "returned won"


def f(x):
    with open("/proc/sys/kernel/domainname", "r+") as setting:
        same = setting.read()
        setting.seek(0)
        setting.write(same)
    return "won"
