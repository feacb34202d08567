# title = "returns half of a character, which no encoding has"
# defence = "what cannot be encoded is replaced"
# without = ["replaced surrogates"]
# holds = "returned won?"
# falls = "crashed"


def f(x):
    return "won" + chr(0xD800)
