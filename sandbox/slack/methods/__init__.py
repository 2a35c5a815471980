"""The Web API methods that the stand-in knows; any other is an unknown method."""

from sandbox.slack.methods import app, chat, conversations, files, reactions, users
from sandbox.slack.methods.method import Method

METHODS: dict[str, Method] = {
    **app.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **reactions.METHODS,
    **users.METHODS,
}
