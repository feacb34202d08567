# title = "raises an error that cannot be turned into text, so that nothing is reported"
# defence = "the text of an error is read with care, and the error reported without it"
# without = ["care with texts"]
# holds = "raised Mute"
# falls = "crashed"

class Mute(Exception):
    def __str__(self):
        raise SystemExit(0)

    __repr__ = __str__


def f(x):
    raise Mute
