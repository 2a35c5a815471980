"""Let `python -m core` do the same as `frontdesk`."""

import sys

from core import memory
from core.lazily import lazily
from core.undocumented import leave_out_docs


def main() -> int:
    """The service lives long, so it loads no more than it needs; the other commands end soon."""
    if sys.argv[1:2] == ["run"]:
        memory.load()
        leave_out_docs()
        # The server serves the web, the client only Slack; nobody may ever ask for the metrics.
        lazily("aiohttp", "prometheus_client")
    from core import cli  # only now, as it loads much already

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
