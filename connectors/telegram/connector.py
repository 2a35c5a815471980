"""Customers who write to our Telegram bot, in private or by mentioning it in a group."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from telegram.error import InvalidToken, TelegramError

from connectors.telegram import checks, outbound
from connectors.telegram.api import TelegramApi
from connectors.telegram.contents import TELEGRAM
from connectors.telegram.download import download
from connectors.telegram.inbound import ALLOWED_UPDATES
from connectors.telegram.intake import Intake
from connectors.telegram.moves import Moves
from connectors.telegram.outcome import UNKNOWN_BOT, is_foreign, words_of
from connectors.telegram.pacer import Pacer
from connectors.telegram.polling import FIRST_PAUSE, Poller
from connectors.telegram.sending import Sending
from connectors.telegram.settings import OnUncertain, Receive, TelegramSettings
from connectors.telegram.signs import Signs
from connectors.telegram.webhook import PATH, Webhook
from core.errors import (
    BadCredentials,
    NotReady,
    OutcomeUnknown,
    SendLater,
    StoreUnavailable,
    Undeliverable,
)
from core.messages import Address, ChannelName, DeliveryKey, Receipt, Reply
from core.ports import Inbox, Route, Services, Status
from core.settings.texts import Texts
from core.tasks import Tasks

if TYPE_CHECKING:
    from connectors import Parts

log = logging.getLogger(__name__)

_POLL_SECONDS = 30.0
_CONNECTIONS = 40


class TelegramConnector:
    """One bot. `timeout` seconds are for one request, `max_bytes` for a customer's file.

    `account` is the bot's id, so another token of the same bot keeps every conversation. A
    `remote_id` is a message's id, or several with commas between.
    """

    name: ChannelName = TELEGRAM

    def __init__(
        self,
        settings: TelegramSettings,
        services: Services,
        texts: Texts,
        *,
        public_url: str,
        timeout: float,
        max_bytes: int,
        poll_seconds: float = _POLL_SECONDS,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        token = settings.token.get_secret_value()
        number = token.partition(":")[0]
        self.capabilities = replace(
            outbound.CAPABILITIES,
            resend_unknown=settings.on_uncertain is OnUncertain.RESEND,
        )
        self._settings = settings
        self._services = services
        self._texts = texts
        self._max_bytes = max_bytes
        self._poll_seconds = poll_seconds
        self._first_pause = first_pause
        self._account = int(number) if number.isascii() and number.isdigit() else 0
        self._api = TelegramApi(token, settings.api_url, timeout)
        self._pacer = Pacer()
        self._moves = Moves(services.cursors, self._account)
        self._sending = Sending(self._api.bot, self._pacer, self._moves, services.files, timeout)
        self._signs = Signs(self._api.bot, self._pacer)
        self._webhook = Webhook(settings.webhook_secret.get_secret_value(), public_url)
        self._tasks = Tasks()
        self._status = Status(False, "not started")

    @property
    def status(self) -> Status:
        return self._status

    def routes(self) -> tuple[Route, ...]:
        if self._settings.receive is Receive.POLLING:
            return ()
        return (Route("POST", PATH, self._webhook.handle, streams=True),)

    # --- start and stop --------------------------------------------------------------------

    async def start(self, inbox: Inbox) -> None:
        if not self._account:
            raise BadCredentials(UNKNOWN_BOT)
        if self._settings.receive is Receive.WEBHOOK:
            self._webhook.check()
        await self._api.open()
        try:
            me = await checks.meet(self._api.bot, self._services.cursors)
            intake = Intake(inbox, me, self._api.bot, self._moves, self._texts, self._tasks)
            if self._settings.receive is Receive.WEBHOOK:
                await self._receive_by_webhook(intake)
            else:
                await self._receive_by_polling(intake)
        except TelegramError as error:
            self._webhook.close()
            if isinstance(error, InvalidToken) and not is_foreign(error):
                raise BadCredentials(UNKNOWN_BOT) from None
            raise NotReady(words_of(error)) from None
        except StoreUnavailable as error:
            raise NotReady(f"the store is not available: {error}") from None
        self._status = Status(True)

    async def stop(self) -> None:
        # A poll that waits is dropped, not ended with a last request: that would confirm what
        # nobody has stored. A webhook stays set, so that Telegram keeps updates for us.
        self._webhook.close()
        await self._tasks.close()
        await self._api.close()
        self._status = Status(False, "stopped")

    async def _receive_by_polling(self, intake: Intake) -> None:
        await checks.take_over_from_webhook(self._api.bot)
        poller = Poller(
            self._api.bot,
            self._services.cursors,
            f"telegram:{self._account}:offset",
            intake.take,
            self._report,
            seconds=self._poll_seconds,
            first_pause=self._first_pause,
        )
        self._tasks.start(poller.run(), "polling of Telegram")

    async def _receive_by_webhook(self, intake: Intake) -> None:
        await checks.look_at_webhook(self._api.bot, self._webhook.url)
        self._webhook.open(intake.take)
        await self._api.bot.set_webhook(
            self._webhook.url,
            allowed_updates=ALLOWED_UPDATES,
            secret_token=self._webhook.secret,
            max_connections=_CONNECTIONS,
        )

    def _report(self, trouble: str) -> None:
        if trouble == self._status.detail:
            return
        if not trouble:
            log.info("updates come from Telegram again")
        self._status = Status(not trouble, trouble)

    # --- out -------------------------------------------------------------------------------

    async def turn(self, to: Address, key: DeliveryKey) -> None:
        await self._sending.turn(self._chat(to))

    async def send(self, to: Address, reply: Reply) -> Receipt:
        chat = self._chat(to)
        sent: list[str] = []
        for message in outbound.compose(reply):
            try:
                sent.append(str(await self._sending.send(chat, message)))
            except SendLater as error:
                if sent:  # to send the whole reply later would repeat its beginning
                    raise OutcomeUnknown(f"only a part of it was sent: {error}") from error
                raise
        return Receipt(",".join(sent))

    async def edit(self, to: Address, remote_id: str, reply: Reply) -> None:
        message = outbound.compose(replace(reply, attachments=()))[0]
        await self._sending.edit(self._chat(to), int(remote_id.partition(",")[0]), message)

    async def delete(self, to: Address, remote_id: str) -> None:
        for id in remote_id.split(","):
            await self._sending.delete(self._chat(to), int(id))

    async def typing(self, to: Address, context: str) -> None:
        chat = await self._moves.current(self._chat(to))
        await self._signs.typing(chat, outbound.place_of(context).topic)

    async def draft(self, to: Address, text: str) -> None:
        await self._signs.draft(self._chat(to), text)

    def fetch(self, remote: str) -> AsyncIterator[bytes]:
        return download(self._api, remote, self._max_bytes)

    def _chat(self, to: Address) -> int:
        if to.account != str(self._account):
            raise Undeliverable(
                "this customer wrote to another Telegram bot than the one that is set up now"
            )
        return int(to.peer)


def build(parts: Parts) -> TelegramConnector:
    """The connector as the settings want it."""
    settings = parts.settings
    return TelegramConnector(
        settings.channels["telegram"],
        parts.services,
        settings.texts,
        public_url=settings.server.public_url,
        timeout=settings.timeouts.platform.total_seconds(),
        max_bytes=settings.files.max_mb * 1_000_000,
    )
