"""What this machine lets a caged program be kept from."""

import shutil
import subprocess


def can_cut_off():
    """Whether this machine lets a process have a network of its own; many containers do not."""
    command = ["unshare", "--user", "--net", "true"]
    return shutil.which("unshare") is not None and subprocess.run(command, check=False).returncode == 0
