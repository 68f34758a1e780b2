import importlib
import json
import subprocess
import sys
from pathlib import Path

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith(("_", "lib_")))


def run_one(name: str, args: list[str]) -> int:
    result, missed = importlib.import_module(f"tests.bench.{name}").run(args)
    for sentence in missed:
        print(f"{name}: {sentence}", file=sys.stderr)
    print(json.dumps(result), flush=True)
    return 1 if missed else 0


def run_all() -> int:
    """Each in a process of its own: a bench's settings and servers are its own."""
    worst = 0
    for name in NAMES:
        command = [sys.executable, "-m", "tests.bench", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        worst = max(worst, done.returncode)
        print(f"{name}{' (missed its limit)' if done.returncode else ''}")
        lines = done.stdout.strip().splitlines()
        for key, value in json.loads(lines[-1]).items() if lines else ():
            print(f"  {key:<20} {value}")
    return worst


def main() -> int:
    if len(sys.argv) == 1:
        return run_all()
    name, *args = sys.argv[1:]
    if name not in NAMES:
        print(f"There is no bench {name}. Choose one of {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    return run_one(name, args)


if __name__ == "__main__":
    sys.exit(main())
