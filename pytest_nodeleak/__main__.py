"""``python -m pytest_nodeleak`` is the ``nodeleak`` command."""

import sys

from .cli import main

sys.exit(main())
