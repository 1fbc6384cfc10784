"""``python -m mixminus`` is the ``mixminus`` command."""

import sys

from mixminus.app.main import main

sys.exit(main())
