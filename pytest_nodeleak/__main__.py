"""``python -m pytest_nodeleak`` is the ``nodeleak`` command."""

import sys

from .cli.command import main

sys.exit(main())
