# title = "raises an error whose text holds the checker's marker on a line of its own"
# defence = "a failure's text is only shown, and cut to size"
# without = ["comparing outside"]
# as = "verdict"
# checker = "a failure in its own words"
# holds = "verdict runtime error"
# falls = "verdict accepted"

class Failure(Exception):
    def __str__(self):
        return "\nPASS\n"


def gradient(x):
    raise Failure
