"""Lambda SnapStart's hooks for functions: what to run before a snapshot is taken and after it has been restored.

The interface is that of the package of this name; a function that brings the package itself uses its own.
"""

_before_snapshot = []
_after_restore = []


def register_before_snapshot(func, *args, **kwargs):
    """Registers `func`, which is returned, so that this is a decorator too. The last registered runs first."""
    _before_snapshot.append((func, args, kwargs))
    return func


def register_after_restore(func, *args, **kwargs):
    """Registers `func`, which is returned, so that this is a decorator too. The first registered runs first."""
    _after_restore.append((func, args, kwargs))
    return func


def get_before_snapshot():
    return _before_snapshot


def get_after_restore():
    return _after_restore
