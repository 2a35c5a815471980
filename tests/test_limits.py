"""How much one customer may send."""

from __future__ import annotations

from core.limits import CustomerRates, Rates
from core.messages import Address, ChannelName


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def address(peer: str) -> Address:
    return Address(ChannelName("web"), "web", peer)


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    clock = Clock()
    rates = CustomerRates(60, clock)
    assert [rates.wait_for(address("a")) for _ in range(60)] == [0.0] * 60
    assert rates.wait_for(address("a")) == 1.0
    clock.seconds += 1.0
    assert rates.wait_for(address("a")) == 0.0
    assert rates.wait_for(address("a")) > 0


def test_being_refused_costs_nothing() -> None:
    clock = Clock()
    rates = CustomerRates(60, clock)
    for _ in range(500):
        rates.wait_for(address("a"))
    clock.seconds += 1.0
    assert rates.wait_for(address("a")) == 0.0


def test_one_customer_never_uses_up_another_ones_share() -> None:
    """L06: each has a bucket of their own."""
    rates = CustomerRates(2, Clock())
    for _ in range(10):
        rates.wait_for(address("loud"))
    assert rates.wait_for(address("quiet")) == 0.0


def test_no_more_than_a_bounded_number_of_addresses_is_remembered() -> None:
    rates = CustomerRates(2, Clock())
    for number in range(20_100):
        rates.wait_for(address(str(number)))
    assert len(rates) == 20_000


def test_anything_can_have_a_rate() -> None:
    rates: Rates[str] = Rates(1, Clock())
    assert [rates.wait_for(place) for place in ("a", "b", "a")] == [0.0, 0.0, 60.0]
