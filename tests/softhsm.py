"""A PKCS#11 token in software (SoftHSM2), one a test process, and what a program needs to find it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from keys.token import Token
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = "7391"


@dataclass
class Soft:
    """A token of its own, and the environment variable that leads SoftHSM to it."""

    token: Token
    environment: Mapping[str, str]


def soft_token() -> Soft:
    """The token of this test process. Skips the test without SoftHSM2, see tests/require.py.

    One for all: SoftHSM reads its configuration, and which tokens there are, once a process.
    """
    module = next((path for path in MODULES if Path(path).exists()), None)
    require(module and which("softhsm2-util"), "SoftHSM2 (softhsm2)")
    return _made(str(module))


@cache
def _made(module: str) -> Soft:
    folder = Path(tempfile.mkdtemp(prefix="softhsm-", dir=os.environ["KETS_TEST_RUN"]))
    conf, label = folder / "softhsm2.conf", f"kets-{os.getpid()}"
    (folder / "tokens").mkdir()
    conf.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(conf)
    make = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "8642"]
    subprocess.run(make, check=True, capture_output=True)
    environment = {"SOFTHSM2_CONF": str(conf), "KETS_PKCS11_MODULE": module, "KETS_PKCS11_TOKEN": label}
    return Soft(Token(module=Path(module), label=label, pin=PIN), environment)
