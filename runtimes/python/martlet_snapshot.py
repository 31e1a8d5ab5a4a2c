"""What happens around a SnapStart snapshot: the function's hooks, and randomness that no two copies share."""

import sys

from martlet_runtime import Fault


def before():
    hooks = sys.modules.get("snapshot_restore_py")
    if hooks:
        run(reversed(list(hooks.get_before_snapshot())), "Runtime.BeforeSnapshotError")


def after():
    if "random" in sys.modules:
        sys.modules["random"].seed()
    hooks = sys.modules.get("snapshot_restore_py")
    if hooks:
        run(list(hooks.get_after_restore()), "Runtime.AfterRestoreError")


def run(hooks, kind):
    from martlet_failures import frames_of_the_function

    for function, arguments, named in hooks:
        try:
            function(*arguments, **named)
        except Exception as error:
            raise Fault(kind, str(error), frames_of_the_function(error.__traceback__)) from None
