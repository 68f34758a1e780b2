"""Runs a program under limits: `python -I -S limits.py CPU_SECONDS FILE_BYTES MEMORY_BYTES PROGRAM ARGUMENTS...`.

The limits are set between fork and exec by a process of its own, since Python code must not run there in a program
that has threads. The program gets a low priority and, on Linux, ends with the worker that started it, however the
worker ends.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
NICENESS = 10


def limited(command: list[str], *, cpu_seconds: int, file_bytes: int, memory_bytes: int) -> list[str]:
    """The command line that runs `command` under the limits."""
    return [sys.executable, "-I", "-S", __file__, str(cpu_seconds), str(file_bytes), str(memory_bytes), *command]


def _limit(what: int, soft: int, hard: int) -> None:
    allowed = resource.getrlimit(what)[1]
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    # macOS refuses some limits; the timeout of the caller still holds there.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (soft, hard))


def main() -> None:
    cpu_seconds, file_bytes, memory_bytes = (int(text) for text in sys.argv[1:4])
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # The worker may have died before the line above.
        if os.getppid() != parent:
            sys.exit(1)
    # With the hard limit later the program first gets SIGXCPU, which tells this end from being killed.
    _limit(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 5)
    _limit(resource.RLIMIT_FSIZE, file_bytes, file_bytes)
    _limit(resource.RLIMIT_AS, memory_bytes, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0, 0)
    os.nice(NICENESS)
    os.execvp(sys.argv[4], sys.argv[4:])  # noqa: S606  a program and its arguments, no shell


if __name__ == "__main__":
    main()
