# title = "returns a number that converts itself to another, and a text that says something else"
# defence = "numbers and texts are read by the methods of their base types"
# without = ["base methods"]
# holds = "returned [1.0, 'lost']"
# falls = "returned [42.0, 'won']"

class Number(float):
    def __float__(self):
        return 42.0

    __eq__ = __lt__ = lambda self, other: True
    __hash__ = float.__hash__


class Text(str):
    def __str__(self):
        return "won"


def f(x):
    return [Number(1.0), Text("lost")]
