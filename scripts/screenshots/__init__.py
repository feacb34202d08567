"""``make screenshots``: what people see of Chainrule on Discord and on Slack, as the pictures of docs/chat."""
