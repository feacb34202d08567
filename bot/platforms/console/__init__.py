"""The terminal as a chat platform: lines become commands, effects become text."""
