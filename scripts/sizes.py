"""Name every module and function that has grown too long and gives no reason for it. Exit code 1 if there are any.

A module has at most 400 lines and a function at most 60. A longer one says why on a line of its own: the module in a
comment `# size: why` among its first lines, the function in one on or above its `def` line.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULE_LINES = 400
FUNCTION_LINES = 60
REASON = "# size: "
LETTER_BY_LETTER = ROOT / "tests" / "planners" / "benchmark" / "score.py"
"""The yardstick of planners, the same here as elsewhere: it is not ours to shorten."""


def too_long(path: Path) -> Iterator[str]:
    """Yield `path:line: what` for everything too long in one file."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    if len(lines) > MODULE_LINES and not any(line.startswith(REASON) for line in lines[:20]):
        yield f"{path.relative_to(ROOT)}:1: {len(lines)} lines (at most {MODULE_LINES})"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            near = lines[max(node.lineno - 2, 0) : node.lineno + 1]
            if length > FUNCTION_LINES and not any(REASON in line for line in near):
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                yield f"{where}: {node.name} has {length} lines (at most {FUNCTION_LINES})"


def main() -> int:
    """Look through everything that is written in Python here."""
    found = [
        line
        for folder in ("tmux_orchestra", "tests", "scripts")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != LETTER_BY_LETTER
        for line in too_long(path)
    ]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
