"""Reads layout files: the shipped ones by name, a person's own by path."""

import json
from pathlib import Path

import yaml

from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.layout import Layout, expand

_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "layouts", _PACKAGE.parent / "layouts")
"""Where layouts lie in an installed package, and in a checkout."""


def known_layouts() -> dict[str, Path]:
    """Return the shipped layouts: name -> file, in the order of their names."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))} if folder else {}


def load_layout(name_or_path: str) -> Layout:
    """Return the shipped layout of that name, else the one in the file of that path.

    Raises UsageError, naming the shipped layouts or what is wrong in the file.
    """
    known = known_layouts()
    path = known.get(name_or_path) or Path(name_or_path).expanduser()
    hint = f"layouts: {', '.join(known)}; or the path of a tmuxp workspace file"
    try:
        return expand(_read(path))
    except (FileNotFoundError, IsADirectoryError):
        raise UsageError(f"there is no layout {name_or_path!r}", safe="nothing was started", hint=hint) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, json.JSONDecodeError) as error:
        raise UsageError(f"cannot read the layout {path}: {error}", safe="nothing was started", hint=hint) from error
    except ValueError as error:
        raise UsageError(f"the layout {path} is wrong: {error}", safe="nothing was started", hint=hint) from error


def _read(path: Path) -> object:
    written = path.read_text(encoding="utf-8")
    # JSON may be indented by tabs, YAML may not.
    return json.loads(written) if path.suffix == ".json" else yaml.safe_load(written)
