"""The Python that has an oracle's packages: this one, or the one of INK_VENV."""
import importlib, os, sys

VENV = os.environ.get('INK_VENV', '')


def has(*modules):
    """Whether the modules can be imported. Where they cannot, the script begins anew under INK_VENV, if it does not run there already."""
    try:
        for module in modules:
            importlib.import_module(module)
        return True
    except ImportError:
        if os.path.exists(VENV + '/bin/python') and os.path.realpath(sys.prefix) != os.path.realpath(VENV):
            os.execv(VENV + '/bin/python', [VENV + '/bin/python'] + sys.argv)
        return False
