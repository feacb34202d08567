"""Slack as a chat platform: events become commands, effects become messages."""
