"""What the makers of pieces need to know of the stack they make them for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streaming.devstack.guardian import MARK
from streaming.devstack.keys import Secrets

ROOT = Path(__file__).resolve().parents[2]
# A proxy that the caller's environment names is for the outside world.
LOOPBACK = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Site:
    """`var` holds everything the stack writes; `durable` is off where the data is thrown away anyway (tests)."""

    var: Path
    secrets: Secrets
    ports: Mapping[str, int]
    durable: bool = True
    outside: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"

    def env(self, **more: str) -> dict[str, str]:
        """The environment of everything that is started: the caller's, the stack's mark, and what the piece adds."""
        near = ",".join(filter(None, [self.outside.get("no_proxy") or self.outside.get("NO_PROXY"), *LOOPBACK]))
        return {**self.outside, "no_proxy": near, "NO_PROXY": near, MARK: str(self.var), **more}
