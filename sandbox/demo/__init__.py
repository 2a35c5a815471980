"""The demo's page and what it shows: the stand-ins from the side of the people who use them.

The page lets one visitor be the customer in the shop, the customer on the phone and the agent in
Slack at once. Everything on it is read from the stand-ins, so it shows only what really arrived.
"""

from sandbox.demo.site import Site
from sandbox.demo.stage import Stage
from sandbox.demo.ticker import Happening, Ticker

__all__ = ["Happening", "Site", "Stage", "Ticker"]
