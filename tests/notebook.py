#!/usr/bin/env python3
"""Runs the notebook as a reader would, from top to bottom, and looks at what its cells gave.

Needs the built program (`cargo build`); everything else it installs itself into `target/venv`.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "01-first-forecast.ipynb"
REQUIREMENTS = ROOT / "tests" / "requirements.txt"
VENV = ROOT / "target" / "venv"
CELL_TIMEOUT_SECONDS = 120


def ensure_venv() -> Path:
    """The environment's Python; it is made anew when the requirements or Python have changed."""
    python = VENV / "bin" / "python"
    stamp = VENV / "made-from"
    made_from = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != made_from:
        print("making target/venv ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", REQUIREMENTS], check=True)
        stamp.write_text(made_from)
    return python


def executed() -> dict:
    """The notebook with the outputs of a run of its own; the file is left as it is."""
    import nbformat
    from nbclient import NotebookClient

    program = Path(os.environ.get("FORECAST_BIN") or ROOT / "target" / "debug" / "forecast").resolve()
    assert program.is_file(), "the program is not built: `cargo build` first, or name it by FORECAST_BIN"
    # Settings of whoever runs this must not change what the notebook shows.
    for name in [name for name in os.environ if name.startswith("FORECAST_")]:
        del os.environ[name]
    os.environ.update(
        FORECAST_BIN=str(program),
        IPYTHONDIR=str(VENV / "ipython"),
        MPLCONFIGDIR=str(VENV / "matplotlib"),
    )
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    for cell in code_cells(notebook):
        assert not cell.outputs and cell.execution_count is None, "outputs are committed: strip them"
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_SECONDS,
        kernel_name="python3",
        # Errors only: it warns that it listens, without encryption, to this machine.
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(NOTEBOOK.parent)}},
    )
    return client.execute()


def code_cells(notebook: dict) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def check(notebook: dict) -> None:
    """Each cell after the set-up shows something, and one of them a figure and one the sentence."""
    setup, *cells = code_cells(notebook)
    assert not setup.outputs, "the set-up says something"
    assert cells and all(cell.outputs for cell in cells), "a cell shows nothing"
    outputs = [output for cell in cells for output in cell.outputs]
    assert not any(output.get("name") == "stderr" for output in outputs), "a cell warns"
    figures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert len(figures) == 1 and len(figures[0]) > 10_000, "the figure is missing or empty"
    said = "".join(output.get("text", "") for output in outputs)
    assert "is expected to cost" in said, "the forecast is not said in words"


def main() -> int:
    python = ensure_venv()
    if Path(sys.prefix).resolve() != VENV.resolve():
        return subprocess.run([python, __file__]).returncode
    try:
        check(executed())
    except Exception as error:
        print(f"{NOTEBOOK.relative_to(ROOT)}: {error}", file=sys.stderr)
        print("0 passed, 1 failed", flush=True)
        return 1
    print(f"{NOTEBOOK.relative_to(ROOT)}: every cell ran")
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
