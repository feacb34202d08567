# title = "raises an error of the compiler's own kind, with a line and a file that are none"
# defence = "where code failed is believed only as plain text and numbers"
# without = ["care with texts"]
# holds = "raised SyntaxError"
# falls = "crashed"

class Place:
    def __hash__(self):
        raise SystemExit(0)


def f(x):
    error = SyntaxError("lost")
    error.filename, error.lineno, error.offset = Place(), "first", -1
    raise error
