"""A seal for what the database keeps but nobody who reads it should be able to use."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


class SecretSeal:
    """A :class:`bot.ports.Seal` keyed with a secret of this deployment."""

    def __init__(self, secret: bytes) -> None:
        key = hmac.digest(secret, b"seal", hashlib.sha256)  # the same secret keys other things too
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, text: str) -> str:
        """``text`` as it may be stored."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again; empty when it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return ""
