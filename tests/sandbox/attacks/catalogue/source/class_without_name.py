# title = "raises an error whose class answers its name with an error"
# defence = "the name is read by the base's own attribute"
# without = ["care with texts"]
# holds = "raised Nameless"
# falls = "crashed"

class Silent(type):
    @property
    def __name__(cls):
        raise SystemExit(0)


class Nameless(Exception, metaclass=Silent):
    pass


def f(x):
    raise Nameless
