"""Believe a site about who its customer is, only by what the site's own backend has just signed.

Whoever can name a customer reads that customer's conversation. So a name counts only inside a
short-lived JWT, signed with a secret that no browser ever sees; and what the browser keeps
instead, a pass for reconnecting, is signed by us and ends by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from connectors.web.used import UsedTokens
from core.clean import clean
from core.messages import Sender
from core.ports import Cursors

if TYPE_CHECKING:
    from jwt.types import Options

log = logging.getLogger(__name__)

AUDIENCE = "frontdesk"
LIFETIME = 300.0
"""Seconds from now that a site's token may be valid at most."""

_ALGORITHM = "HS256"
# Times are checked by our own clock, so the library must not look at its own.
_CHECKS: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "require": ["exp", "aud", "sub"],
}
_SKEW = 60.0  # the site's clock may be ahead so far
_PASS_AUDIENCE = "frontdesk:pass"  # noqa: S105
_PASS_SECONDS = 12 * 3600.0
_LONGEST_TOKEN = 4096
_LONGEST_NAME = 100
_TOLD_EVERY = 60.0


class Unverified(Exception):
    """This says nothing about who somebody is; the message says why, without its content."""


class _Claims(msgspec.Struct):
    """What is read of a token, ours or a site's; `exp` and `nbf` are seconds since 1970."""

    sub: Annotated[str, Meta(min_length=1, max_length=255)]
    exp: int | float
    nbf: int | float = 0
    jti: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody whom the site knows; `id` is the site's own for them."""

    id: str
    name: str = ""
    email: str = ""

    @property
    def peer(self) -> str:
        """The name under which the core knows them, in every browser the same."""
        return f"customer:{hashlib.sha256(self.id.encode()).hexdigest()}"

    def sender(self, language: str) -> Sender:
        return Sender(self.name, self.email or self.id, language)


class Identities:
    """Checks what sites signed with `secret`, and signs passes with a key made of both keys: a
    new secret ends every pass of the old one. An empty `secret` means that nobody is known."""

    def __init__(
        self,
        secret: str,
        key: str,
        now: Callable[[], datetime],
        cursors: Cursors | None = None,
    ) -> None:
        self._secret = secret
        self._pass_key = hmac.digest(key.encode(), secret.encode(), "sha256")
        self._now = now
        self.used = UsedTokens(LIFETIME + _SKEW, cursors)
        self._told: dict[str, float] = {}

    def verify(self, token: str) -> Customer:
        """The customer whom the site's `token` names. With a `jti`, it works once; `used.keep`
        has to follow before the customer is shown anything.

        Raises Unverified.
        """
        try:
            claims = self._checked(token, self._secret, AUDIENCE, LIFETIME + _SKEW)
            self._use_up(claims.jti)
            return _customer(claims)
        except Unverified as why:
            self._tell(str(why))
            raise

    def admit(self, customer: Customer) -> str:
        """A pass for `customer`'s browser, different every time."""
        claims = {
            "aud": _PASS_AUDIENCE,
            "sub": customer.id,
            "name": customer.name,
            "email": customer.email,
            "exp": self._now().timestamp() + _PASS_SECONDS,
            "jti": secrets.token_urlsafe(16),
        }
        import jwt  # only where a site names its customers

        return jwt.encode(claims, self._pass_key, _ALGORITHM)

    def holder(self, given: str | None) -> Customer | None:
        """Whose pass this is; None for anything else, and for a pass that has ended."""
        if not given:
            return None
        try:
            return _customer(self._checked(given, self._pass_key, _PASS_AUDIENCE, _PASS_SECONDS))
        except Unverified:
            return None

    def _checked(self, token: str, key: str | bytes, audience: str, longest: float) -> _Claims:
        if not self._secret:
            raise Unverified("channels.web.identity_secret is not set")
        claims = _signed(token, key, audience)
        now = self._now().timestamp()
        if not claims.exp > now:
            raise Unverified("the token has expired")
        if not claims.exp <= now + longest:
            raise Unverified(f"the token is valid for longer than {LIFETIME:.0f} s")
        if not claims.nbf <= now + _SKEW:
            raise Unverified("the token is not valid yet")
        return claims

    def _use_up(self, jti: str | None) -> None:
        if jti is None:
            return
        if not self.used.add(jti, self._now().timestamp()):
            raise Unverified("the token was used before")

    def _tell(self, why: str) -> None:
        # Anybody can send garbage, so the log hears of each reason once in a while only.
        now = self._now().timestamp()
        if now - self._told.get(why, -_TOLD_EVERY) >= _TOLD_EVERY:
            self._told[why] = now
            log.warning("a visitor's identity was refused: %s", why)


def _signed(token: str, key: str | bytes, audience: str) -> _Claims:
    import jwt

    if len(token) > _LONGEST_TOKEN:
        raise Unverified("the token is too long")
    try:
        found = jwt.decode(token, key, algorithms=[_ALGORITHM], audience=audience, options=_CHECKS)
        return msgspec.convert(found, _Claims)
    except jwt.InvalidSignatureError:
        raise Unverified("the signature is wrong") from None
    except jwt.InvalidAlgorithmError:
        raise Unverified(f"only {_ALGORITHM} is taken") from None
    except (jwt.InvalidAudienceError, jwt.MissingRequiredClaimError):
        raise Unverified(f'the token needs exp, sub and the aud "{AUDIENCE}"') from None
    except msgspec.ValidationError:
        raise Unverified("a claim is missing or of the wrong kind") from None
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unverified("the token is no JWT of ours") from None


def _customer(claims: _Claims) -> Customer:
    if clean(claims.sub) != claims.sub or not claims.sub.strip():
        raise Unverified("sub has characters that nobody can see")
    return Customer(claims.sub, _line(claims.name), _line(claims.email))


def _line(text: str | None) -> str:
    """What a customer may call themselves, as one short line."""
    return " ".join(clean(text or "").split())[:_LONGEST_NAME]
