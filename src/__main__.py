"""``python -m mixminus`` is the ``mixminus`` command."""

import sys

from mixminus.cli.main import main

sys.exit(main())
