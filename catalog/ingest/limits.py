"""Runs a program under limits: `python -I -S limits.py CPU_SECONDS FILE_BYTES MEMORY_BYTES caged|open PROGRAM ...`.

The limits are set between fork and exec by a process of its own, since Python code must not run there in a program
that has threads. The program gets a low priority and, on Linux, no network where the system allows that, and it ends
with the worker that started it, however the worker ends. Under a worker that is root it runs as nobody, who owns the
files that were handed over.
"""

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
NOBODY = 65_534
NICENESS = 10


def limited(
    command: list[str], *, cpu_seconds: int, file_bytes: int, memory_bytes: int, enters_cage_itself: bool = False
) -> list[str]:
    """The command line that runs `command` under the limits and in the cage. A program of ours first needs its
    libraries, which nobody may be kept out of: it calls `enter_cage` before it opens what strangers sent."""
    limits = [str(cpu_seconds), str(file_bytes), str(memory_bytes), "open" if enters_cage_itself else "caged"]
    return [sys.executable, "-I", "-S", __file__, *limits, *command]


def hand_over(*paths: Path) -> None:
    """Give these to whom the limited program runs as, if that is somebody else."""
    if os.geteuid() == 0:
        # Root in a container that knows no other user can give nothing away, and runs the program as itself.
        with contextlib.suppress(OSError):
            for path in paths:
                os.chown(path, NOBODY, NOBODY)


def _limit(what: int, soft: int, hard: int) -> None:
    allowed = resource.getrlimit(what)[1]
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    # macOS refuses some limits; the timeout of the caller still holds there.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (soft, hard))


def _drop_privileges() -> None:
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)


def enter_cage() -> None:
    """Cut this process off from the network, from root and from a life after its parent, where the system can."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    libc = ctypes.CDLL(None)
    # A network of its own has no way out. Where containers forbid that, ffmpeg's protocol whitelist stands alone.
    is_cut_off = os.geteuid() == 0 and libc.unshare(CLONE_NEWNET) == 0
    # Before the other way to the same, after which root no longer looks like root.
    _drop_privileges()
    if not is_cut_off:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # After the drop: a change of the user takes this away.
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The worker may have died before the line above.
    if os.getppid() != parent:
        sys.exit(1)


def main() -> None:
    cpu_seconds, file_bytes, memory_bytes = (int(text) for text in sys.argv[1:4])
    caged, command = sys.argv[4] == "caged", sys.argv[5:]
    # Opened first: nobody may be kept out of the folder that the program is in.
    program = os.open(shutil.which(command[0]) or command[0], os.O_RDONLY)
    os.set_inheritable(program, True)
    os.nice(NICENESS)
    if caged:
        enter_cage()
    # With the hard limit later the program first gets SIGXCPU, which tells this end from being killed.
    _limit(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 5)
    _limit(resource.RLIMIT_FSIZE, file_bytes, file_bytes)
    _limit(resource.RLIMIT_AS, memory_bytes, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0, 0)
    by_handle = caged and os.execve in os.supports_fd
    os.execve(program if by_handle else command[0], command, os.environ)  # noqa: S606  no shell


if __name__ == "__main__":
    main()
