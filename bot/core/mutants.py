"""Wrong results a mechanical mistake would give, made from the right ones: whatever accepts one proves little."""

from __future__ import annotations

from collections.abc import Mapping

MUTANTS: Mapping[str, str] = {
    "zeros": "zeros instead of every number",
    "ones": "ones instead of every number",
    "sign": "every sign flipped",
    "double": "twice every number",
    "percent": "1.01 times every number",
    "element": "the largest element 1.1 times too large",
    "smallest": "the smallest element set to zero",
    "constants": "the first trial's values on every trial",
    "detach": "no gradient at all",
    "nan": "NaN instead of every number",
}
"""What each mutation makes of the expected values, by the name a question file gives it under ``accepts``."""
