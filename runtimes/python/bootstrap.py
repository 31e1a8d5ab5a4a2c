"""Starts the Python runtime. All else is in modules, whose compiled form Python can keep; a script's it cannot."""

import martlet_runtime

martlet_runtime.main()
