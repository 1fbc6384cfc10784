"""``python -m mixminus`` is the ``mixminus`` command."""

import sys

from mixminus.app.launch import main

sys.exit(main())
