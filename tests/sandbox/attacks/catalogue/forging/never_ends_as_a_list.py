# title = "returns a list that yields for ever, and a mapping that shows other items than it has"
# defence = "lists and mappings are read by the methods of their base types"
# without = ["base methods"]
# holds = "returned [['lost'], {'a': 'lost'}]"
# falls = "returned [['won', 'won', 'won'], {'a': 'won'}]"

class Endless(list):
    def __len__(self):
        return 3

    def __iter__(self):
        return iter(["won"] * 3)


class Lying(dict):
    def items(self):
        return [("a", "won")]


def f(x):
    return [Endless(["lost"]), Lying(a="lost")]
