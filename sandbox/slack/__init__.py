"""A strict Slack on loopback: Web API, Socket Mode, signed HTTP events, and people who write.

It exists so that the bridge can be run and tested against the real client libraries without an
account, and so that mistakes Slack forgives are found before Slack stops forgiving them.
"""

from sandbox.slack.delivery import DEFAULT_EVENTS, Delivery, Retries, State
from sandbox.slack.errors import NotACommand, SlackError
from sandbox.slack.file import Upload
from sandbox.slack.identity import ALL_BRIDGE_SCOPES
from sandbox.slack.limits import Limits, Rate
from sandbox.slack.message import Message
from sandbox.slack.mrkdwn import Mentions, Surface, mentions_of, surfaces_of
from sandbox.slack.sandbox import SlackSandbox

__all__ = [
    "ALL_BRIDGE_SCOPES",
    "DEFAULT_EVENTS",
    "Delivery",
    "Limits",
    "Mentions",
    "Message",
    "NotACommand",
    "Rate",
    "Retries",
    "SlackError",
    "SlackSandbox",
    "State",
    "Surface",
    "Upload",
    "mentions_of",
    "surfaces_of",
]
