"""Chats: parse in, perform effects out, nothing else."""
