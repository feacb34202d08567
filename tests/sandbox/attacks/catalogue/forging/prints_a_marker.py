# title = "prints what a checker would print, and leaves"
# defence = "values are compared outside; what is printed is only shown"
# without = ["comparing outside"]
# as = "verdict"
# holds = "verdict runtime error"
# falls = "verdict accepted"

import os

print("PASS", flush=True)
os._exit(0)
