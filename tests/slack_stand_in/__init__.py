"""A small Slack of our own: Web API, Socket Mode and people, on 127.0.0.1, refusing what Slack refuses."""

from tests.slack_stand_in.over_http import Requests
from tests.slack_stand_in.people import NotAcknowledged, Person, WontSend
from tests.slack_stand_in.server import StandIn
from tests.slack_stand_in.world import Channel, Clock, File, Message, User, View

__all__ = [
    "Channel",
    "Clock",
    "File",
    "Message",
    "NotAcknowledged",
    "Person",
    "Requests",
    "StandIn",
    "User",
    "View",
    "WontSend",
]
