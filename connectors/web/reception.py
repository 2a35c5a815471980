"""Decide whose conversation a browser gets: by what it holds, never by what it asks for."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.web.frames import Hello
from connectors.web.identity import Customer, Identities
from connectors.web.tokens import Tokens, peer_of


@dataclass(frozen=True, slots=True)
class Guest:
    """One browser's right to one conversation. `returning`: it had that very conversation before,
    so that its `last_seq` means something. `customer` is None for whom nobody has vouched."""

    token: str
    peer: str
    returning: bool
    customer: Customer | None = None


class Reception:
    """Hands out tokens, and passes to customers whom the site has named."""

    def __init__(self, tokens: Tokens, identities: Identities) -> None:
        self._tokens = tokens
        self._identities = identities

    async def receive(self, hello: Hello) -> Guest:
        """A site's word comes first and always gets a new pass: whatever token the browser had,
        and whoever may have put it there, opens nothing of what follows. Raises Unverified or
        StoreUnavailable."""
        if hello.identity is not None:
            customer = self._identities.verify(hello.identity)
            await self._identities.used.keep()
            returning = self.peer(hello.token) == customer.peer
            return Guest(self._identities.admit(customer), customer.peer, returning, customer)
        token = hello.token or ""
        if (known := self._identities.holder(token)) is not None:
            return Guest(token, known.peer, True, known)
        if self._tokens.knows(token):
            return Guest(token, peer_of(token), True)
        fresh = self._tokens.issue()
        return Guest(fresh, peer_of(fresh), False)

    def peer(self, token: str | None) -> str | None:
        """Whose this token or pass is, None when it is nobody's."""
        if self._tokens.knows(token):
            return peer_of(token or "")
        customer = self._identities.holder(token)
        return customer.peer if customer else None
