"""Chainrule: interview practice in chat, judged by gradients."""
