"""The Python of the benchmarks: a virtual environment below `target/` with `benches/requirements.txt`."""

import hashlib
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "benches" / "requirements.txt"


def python(*names):
    """A Python that has these packages, at the pinned versions; it is set up anew when those change."""
    home = ROOT / "target" / "bench-venv"
    binary = home / "bin" / "python"
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if line and not line.startswith("#")]
    wanted = [line for line in lines if line.split("==")[0] in names]
    assert len(wanted) == len(names), f"not pinned in {REQUIREMENTS.name}: {names}"
    if not binary.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
    stamp = home / f"has-{hashlib.sha256(' '.join(wanted).encode()).hexdigest()[:16]}"
    if not stamp.exists():
        subprocess.run([binary, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted], check=True)
        stamp.touch()
    return str(binary)
