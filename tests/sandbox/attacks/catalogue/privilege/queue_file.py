# title = "leaves a message queue behind by opening a file"
# defence = "/dev/mqueue is made unwritable after the start"
# without = ["closed places"]
# holds = ["raised PermissionError", "raised FileNotFoundError"]
# falls = "returned won"


def f(x):
    open("/dev/mqueue/left", "w").close()
    return "won"
