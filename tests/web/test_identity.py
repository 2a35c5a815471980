"""Who is a known customer, and who only says so (A09, A10, A11)."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from pydantic import SecretStr, ValidationError

from connectors.web.identity import Customer, Identities, Unverified
from connectors.web.settings import WebSettings
from core.messages import Address, CustomerWrote, Sender
from tests.web.desk import WEB, Desk, Tab, desk
from tests.web.memory import BOT, NOON
from tests.web.site import SECRET, signed

AT_NOON = NOON.timestamp()
WITH_SECRET = WebSettings(identity_secret=SecretStr(SECRET))
ANN = Customer("4711", "Ann Lee", "ann@shop.example")


def identities(secret: str = SECRET, key: str = "a key") -> Identities:
    return Identities(secret, key, lambda: NOON)


def unsigned(algorithm: str) -> str:
    """A token that says of itself that nobody has to have signed it."""
    parts = {"alg": algorithm}, {"aud": "frontdesk", "sub": "4711", "exp": AT_NOON + 240}
    both = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*both, ""])


def address(customer: str) -> Address:
    return Address(WEB, "web", Customer(customer).peer)


# --- the token -----------------------------------------------------------------------------


def test_a_signed_token_names_a_customer() -> None:
    token = signed(name=" Ann\n Lee ", email="ann@shop.example", colour="red")
    assert identities().verify(token) == ANN
    assert ANN.sender("de") == Sender("Ann Lee", "ann@shop.example", "de")
    assert Customer("4711").sender("") == Sender("", "4711", "")


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (unsigned("none"), "only HS256"),
        (unsigned("None"), "only HS256"),
        (unsigned("HS256"), "signature is wrong"),
        (signed(algorithm="HS384", secret=SECRET * 2), "only HS256"),
        (signed(algorithm="HS512", secret=SECRET * 2), "only HS256"),
        (signed(secret="somebody else's secret, long enough"), "signature is wrong"),
        (signed()[:-4] + "AAAA", "signature is wrong"),
        (signed(exp=AT_NOON - 1), "expired"),
        (signed(exp=AT_NOON), "expired"),
        (signed(exp=AT_NOON + 361), "longer than 300 s"),
        (signed(exp=AT_NOON + 10**9), "longer than 300 s"),
        (signed(exp=10.0**300), "longer than 300 s"),
        (signed(exp=float("nan")), "expired"),
        (signed(exp=float("inf")), "longer than 300 s"),
        (signed(exp=None), "needs exp"),
        (signed(exp=str(AT_NOON + 60)), "wrong kind"),
        (signed(exp=True), "wrong kind"),
        (signed(nbf=AT_NOON + 120), "not valid yet"),
        (signed(aud=None), "needs exp"),
        (signed(aud="another-service"), "needs exp"),
        (signed(aud="frontdesk:pass"), "needs exp"),
        (signed(None), "needs exp"),
        (signed(""), "wrong kind"),
        (signed(" "), "nobody can see"),
        (signed("4711\u200b"), "nobody can see"),
        (signed("\ud800"), "nobody can see"),
        (signed("x" * 256), "wrong kind"),
        (signed(name=["Ann"]), "wrong kind"),
        ("", "no JWT"),
        ("a.b.c", "no JWT"),
        ("ä" * 100, "no JWT"),
        ("." * 4097, "too long"),
        (identities().admit(ANN), "signature is wrong"),
    ],
)
def test_a_token_that_is_not_quite_right_names_nobody(token: str, why: str) -> None:
    """A11: unsigned, signed by others, too old, too long-lived, for somebody else, garbage."""
    with pytest.raises(Unverified, match=why):
        identities().verify(token)


@pytest.mark.parametrize(
    "body",
    [b'{"aud":"frontdesk","exp":1782907500,"sub":4711}', b"[]", b"7", b"[" * 2000, b"\xff"],
)
def test_a_well_signed_token_still_has_to_make_sense(body: bytes) -> None:
    """A11: an id is a text, and claims are an object."""
    token = jwt.PyJWS().encode(body, SECRET)
    with pytest.raises(Unverified, match=r"no JWT|wrong kind"):
        identities().verify(token)


def test_without_a_secret_nobody_is_known() -> None:
    """A11: an empty secret must not be one that everybody knows."""
    nobody = identities(secret="")
    with pytest.raises(Unverified, match="identity_secret is not set"):
        nobody.verify(signed())
    assert nobody.holder(identities().admit(ANN)) is None


def test_a_token_with_an_id_of_its_own_works_once() -> None:
    """A11: replayed."""
    known = identities()
    assert known.verify(signed(jti="one")) == Customer("4711")
    with pytest.raises(Unverified, match="used before"):
        known.verify(signed(jti="one"))
    assert known.verify(signed(jti="two")) == known.verify(signed()) == Customer("4711")


def test_used_tokens_are_forgotten_when_they_have_expired_anyway() -> None:
    now = [NOON]
    known = Identities(SECRET, "a key", lambda: now[0])
    for number in range(100):
        known.verify(signed(jti=str(number)))
    now[0] += timedelta(minutes=10)
    known.verify(signed(jti="late", exp=now[0].timestamp() + 60))
    assert len(known.used) == 1


def test_every_pass_is_another_and_names_its_customer() -> None:
    """A10: a new one each time."""
    known = identities()
    first, second = known.admit(ANN), known.admit(ANN)
    assert first != second
    assert known.holder(first) == known.holder(second) == ANN


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "x",
        signed(),
        signed(aud="frontdesk:pass"),
        identities(key="another service's").admit(ANN),
        identities(secret="the secret before it was changed").admit(ANN),
    ],
)
def test_a_pass_that_is_not_ours_opens_nothing(given: str | None) -> None:
    """A09: a site's token is no pass either, and a new secret ends all passes of the old one."""
    assert identities().holder(given) is None


def test_a_pass_ends_by_itself() -> None:
    """A09: expired."""
    given = identities().admit(ANN)
    later = Identities(SECRET, "a key", lambda: NOON + timedelta(hours=13))
    assert later.holder(given) is None


def test_customers_whose_ids_look_alike_are_not_the_same() -> None:
    """A11: another user."""
    assert len({Customer(id).peer for id in ("ann", "Ann", "ann ", "änn")}) == 4


def test_a_secret_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ValidationError, match="shorter than 32"):
        WebSettings(identity_secret=SecretStr("hunter2"))
    assert not WebSettings(identity_secret=SecretStr("")).identity_secret


def test_the_log_hears_of_each_refusal_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    known = identities()
    for _ in range(50):
        with pytest.raises(Unverified):
            known.verify("garbage\nand more")
    assert len(caplog.records) == 1
    assert "garbage" not in caplog.text


# --- the socket ----------------------------------------------------------------------------


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path, settings=WITH_SECRET) as running:
        yield running


async def identified(web: Desk, who: str = "4711", token: str | None = None, **claims: Any) -> Tab:
    return await web.open(token, identity=signed(who, **claims))


async def refusal(web: Desk, **hello: Any) -> dict[str, Any]:
    """The one frame that comes back before the socket is closed."""
    tab = await web.connect()
    await tab.send(type="hello", **hello)
    frame = await tab.frame()
    assert await tab.closed() == 1008
    return frame


async def test_a_known_customer_has_one_conversation_in_every_browser(shop: Desk) -> None:
    laptop = await identified(shop, name="Ann Lee", email="ann@shop.example")
    await laptop.write("my pot is broken")
    await laptop.next("ack")
    phone = await identified(shop)
    assert phone.token != laptop.token
    assert (await phone.frame())["text"] == "my pot is broken"
    [event] = shop.memory.events
    assert isinstance(event, CustomerWrote)
    assert event.address == address("4711")
    assert (event.sender.name, event.sender.username) == ("Ann Lee", "ann@shop.example")
    shop.memory.say(address("4711"), BOT, "to both")
    assert (await laptop.frame())["text"] == (await phone.frame())["text"] == "to both"


async def test_nobody_sees_a_known_customers_history_without_the_sites_word(shop: Desk) -> None:
    """A11, A09: neither a stranger nor another customer nor an old token."""
    before = await shop.talk("before I logged in")
    ann = await identified(shop, token=before.token)
    assert await ann.quiet()
    await ann.write("secret")
    await ann.next("ack")
    for tab in (
        await shop.open(),
        await shop.open("customer:4711"),
        await shop.open(address("4711").peer),
        await identified(shop, "4712"),
        await identified(shop, "4712", token=ann.token),
    ):
        assert tab.token != ann.token
        assert await tab.quiet()
    old = await shop.open(before.token)
    assert (await old.frame())["text"] == "before I logged in"
    assert await old.quiet()


async def test_a_token_that_somebody_planted_is_replaced_when_a_customer_is_named(
    shop: Desk,
) -> None:
    """A10: whoever knows the token from before learns nothing of what follows."""
    planted = await shop.open()
    ann = await identified(shop, token=planted.token)
    assert ann.token != planted.token
    await ann.write("secret")
    await ann.next("ack")
    assert await planted.quiet()
    assert await (await shop.open(planted.token)).quiet()
    again = await identified(shop, token=ann.token)
    assert again.token not in (ann.token, planted.token)


@pytest.mark.parametrize(
    "identity",
    [
        unsigned("none"),
        signed(secret="somebody else's secret, long enough"),
        signed(exp=AT_NOON - 1),
        signed(aud="another-service"),
        "garbage",
        "",
    ],
)
async def test_a_false_identity_is_unauthorized_and_shown_nothing(
    shop: Desk, identity: str
) -> None:
    """A11: not even the conversation that the browser's own token would open."""
    await (await identified(shop)).write("secret")
    mine = await shop.talk("mine")
    for token in (None, mine.token):
        error = await refusal(shop, token=token, identity=identity)
        assert (error["type"], error["code"], error["id"]) == ("error", "unauthorized", None)
        assert "retry_after" not in error


async def test_a_token_is_refused_after_its_time_although_it_was_good_before(shop: Desk) -> None:
    """A11: replayed after exp."""
    identity = signed()
    await shop.open(identity=identity)
    shop.memory.now = NOON + timedelta(minutes=5)
    assert (await refusal(shop, identity=identity))["code"] == "unauthorized"


async def test_a_token_with_an_id_opens_one_socket(shop: Desk) -> None:
    """A11: replayed."""
    identity = signed(jti="6f1c")
    await shop.open(identity=identity)
    assert (await refusal(shop, identity=identity))["code"] == "unauthorized"


async def test_a_token_with_an_id_opens_one_socket_also_after_a_restart(shop: Desk) -> None:
    """A11: replayed to a process that has never seen it."""
    tokens = [signed(jti=str(number)) for number in range(3)]
    for identity in tokens:
        await shop.open(identity=identity)
    shop.memory.now = NOON + timedelta(minutes=3)
    await shop.reopen()
    for identity in tokens:
        assert (await refusal(shop, identity=identity))["code"] == "unauthorized"
    await shop.open(identity=signed(jti="another"))
    assert not any(token in str(shop.memory.cursors) for token in tokens)


async def test_a_token_that_could_not_be_kept_may_be_used_once_more(shop: Desk) -> None:
    identity = signed(jti="6f1c")
    shop.memory.readable = False
    tab = await shop.connect()
    await tab.send(type="hello", identity=identity)
    assert (await tab.frame())["code"] == "unavailable"
    shop.memory.readable = True
    await shop.open(identity=identity)
    assert (await refusal(shop, identity=identity))["code"] == "unauthorized"


async def test_what_is_kept_of_used_tokens_does_not_grow(shop: Desk) -> None:
    for minute in range(0, 100, 2):
        shop.memory.now = NOON + timedelta(minutes=minute)
        later = shop.memory.now.timestamp() + 60
        await shop.open(identity=signed(jti=str(minute), exp=later))
    kept = [name for name in shop.memory.cursors if name.startswith("web:used:")]
    assert len(kept) <= 8
    assert all(len(shop.memory.cursors[name]) < 40 for name in kept)


async def test_where_no_secret_is_set_an_identity_is_refused(web: Desk) -> None:
    """A11: nobody is known where nothing can be proven."""
    assert (await refusal(web, identity=signed()))["code"] == "unauthorized"


async def test_a_known_customer_comes_back_without_the_site(shop: Desk) -> None:
    ann = await identified(shop, name="Ann Lee")
    await ann.write("one")
    await ann.next("ack")
    shop.memory.say(address("4711"), BOT, "two")
    await shop.reopen()
    shop.memory.now = NOON + timedelta(hours=11)
    again = await shop.open(ann.token, last_seq=1)
    assert again.token == ann.token
    assert (await again.frame())["text"] == "two"
    await again.write("three")
    await again.next("ack")
    event = shop.memory.events[-1]
    assert isinstance(event, CustomerWrote)
    assert event.sender.name == "Ann Lee"


async def test_a_pass_that_has_ended_is_like_any_made_up_token(shop: Desk) -> None:
    """A09: expired."""
    ann = await identified(shop)
    await ann.write("secret")
    await ann.next("ack")
    shop.memory.now = NOON + timedelta(hours=13)
    later = await shop.open(ann.token)
    assert later.token != ann.token
    assert await later.quiet()


async def test_what_a_browser_had_of_another_conversation_does_not_count(shop: Desk) -> None:
    visitor = await shop.talk("one", "two", "three")
    ann = await identified(shop)
    for text in ("a", "b", "c", "d"):
        await ann.write(text)
        await ann.next("ack")
    again = await shop.open(visitor.token, last_seq=3, identity=signed())
    assert [frame["text"] for frame in await again.frames(4)] == ["a", "b", "c", "d"]
    same = await shop.open(ann.token, last_seq=3, identity=signed())
    assert (await same.frame())["text"] == "d"


@pytest.mark.parametrize(("token", "status"), [("pass", 201), ("identity", 401)])
async def test_a_known_customer_uploads_with_the_pass(shop: Desk, token: str, status: int) -> None:
    """A09: the site's own token is no pass."""
    ann = await identified(shop)
    given = ann.token if token == "pass" else signed()
    headers = {"Origin": shop.origin, "Authorization": f"Bearer {given}"}
    async with shop.client.post(
        f"{shop.origin}/widget/files", data=b"x", headers=headers
    ) as answer:
        assert answer.status == status
        file = await answer.json()
    if status == 201:
        await ann.write("look", attachments=[file["id"]])
        assert (await ann.frame())["type"] == "ack"


async def test_an_identity_is_only_taken_from_the_first_frame(shop: Desk) -> None:
    """A09: what a visitor holds decides, never what is asked for."""
    await (await identified(shop)).write("secret")
    tab = await shop.open()
    await tab.send(type="hello", identity=signed())
    assert (await tab.frame())["code"] == "bad_frame"
    assert await tab.quiet()
