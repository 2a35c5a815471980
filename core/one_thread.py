"""Keep numpy in one thread, whatever loads it.

More of them would wait for each other on the path of every message, for many times as long as the
work takes while the machine is busy. It must be said before numpy is loaded.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
