"""Slack: its events become commands, effects become messages and modals made of blocks."""
