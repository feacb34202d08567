"""What goes wrong with calls to Slack, in our own words; the only place that knows Slack's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError

from bot.ports import TryLater, Undeliverable

_RETRY_AFTER = 30.0
"""Seconds to wait where Slack limits us and does not say for how long."""
_OUT_OF_REACH = frozenset(
    {
        "account_inactive",
        "as_user_not_supported",
        "cannot_dm_bot",
        "cannot_reply_to_message",
        "channel_is_limited_access",
        "channel_not_found",
        "ekm_access_denied",
        "invalid_auth",
        "is_archived",
        "is_inactive",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "not_in_channel",
        "org_login_required",
        "restricted_action",
        "restricted_action_read_only_channel",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
        "users_not_found",
    }
)
WRONG_TOKENS = frozenset(
    {"account_inactive", "invalid_auth", "not_allowed_token_type", "not_authed", "token_expired", "token_revoked"}
)
GONE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found", "no_view", "not_found"})
"""What stood there cannot be written to any more."""
_BUSY = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"})


class Declined(Exception):
    """Slack did not do what was asked; ``code`` is its word for the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack says {code}")
        self.code = code


@contextlib.contextmanager
def calling() -> Iterator[None]:
    """Translate what a call to Slack raises.

    Raises :class:`bot.ports.TryLater`, :class:`bot.ports.Undeliverable`, or :class:`Declined` for the rest.
    """
    try:
        yield
    except SlackApiError as error:
        raise _translated(error) from error
    except (aiohttp.ClientError, SlackRequestError, TimeoutError, OSError) as error:
        raise TryLater(f"Slack cannot be reached: {type(error).__name__}") from error


def _translated(error: SlackApiError) -> Exception:
    status = getattr(error.response, "status_code", getattr(error.response, "status", 200))
    if status == 429:
        return TryLater("Slack asks us to slow down", _seconds(error.response.headers.get("Retry-After", "")))
    if status >= 500:
        return TryLater(f"Slack answered with status {status}")
    data = getattr(error.response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else f"status {status}"
    if code == "ratelimited":
        return TryLater("Slack asks us to slow down", _RETRY_AFTER)
    if code in _BUSY:
        return TryLater(f"Slack says {code}")
    return Undeliverable(f"Slack says {code}") if code in _OUT_OF_REACH else Declined(code)


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdigit() else _RETRY_AFTER
