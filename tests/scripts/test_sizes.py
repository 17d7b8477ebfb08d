"""scripts/sizes.py: what has grown too long is named, unless it says why."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent.parent
LONG_FUNCTION = "def long():\n" + "    pass\n" * 60


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, looking at an empty checkout."""
    spec = importlib.util.spec_from_file_location("sizes", ROOT / "scripts" / "sizes.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / "tmux_orchestra").mkdir()
    return module


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (LONG_FUNCTION, "tmux_orchestra/it.py:1: long has 61 lines (at most 60)\n"),
        ("def short():\n" + "    pass\n" * 59, ""),
        ("# size: a table of cases\n" + LONG_FUNCTION, ""),
        ("x = 1\n" * 401, "tmux_orchestra/it.py:1: 401 lines (at most 400)\n"),
        ("x = 1\n" * 400, ""),
        ('"""What it is."""\n# size: one class per event\n' + "x = 1\n" * 500, ""),
    ],
)
def test_what_is_too_long_is_named_unless_it_says_why(
    sizes: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, complaint: str
) -> None:
    (tmp_path / "tmux_orchestra" / "it.py").write_text(text)
    assert sizes.main() == (1 if complaint else 0)
    assert capsys.readouterr().out == complaint
