"""Let `python -m core` do the same as `frontdesk`."""

import sys

from core.allocator import choose


def main() -> int:
    """The service chooses its allocator first; the other commands end too soon to need it."""
    if sys.argv[1:2] == ["run"]:
        choose()
    from core import cli  # heavy, and of no use to the process that starts anew

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
