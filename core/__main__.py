"""Let `python -m core` do the same as `frontdesk`."""

import sys

from core.cli import main

sys.exit(main())
