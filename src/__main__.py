"""``python -m mixminus`` is the ``mixminus`` command."""

import sys

from mixminus.cli.entry import main

sys.exit(main())
