"""Become a PostgreSQL program that ends with the one who started it.

    python -I -S launcher.py PARENT SIGNAL UID GID [NAME=VALUE ...] -- PROGRAM [ARGUMENT ...]

A program of its own and not a `preexec_fn`, which may deadlock when the parent has threads. PARENT is the pid of the
starter, SIGNAL the number the kernel sends when that starter dies (Linux only), UID and GID whom to become, or `-`.
PROGRAM gets the named variables and no others.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    parent, signal, uid, gid, *rest = sys.argv[1:]
    variables, command = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
    # Loaded while we are still who we were: the account need not be able to read Python's library.
    kernel = ctypes.CDLL(None) if sys.platform == "linux" else None
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    os.setsid()  # a Ctrl-C at the terminal is for the owner, who then stops the server in order
    if kernel:
        kernel.prctl(PR_SET_PDEATHSIG, int(signal))  # after setuid, which clears it
    if os.getppid() != int(parent):  # it died before we asked
        sys.exit("the starter has gone")
    environment = dict(variable.split("=", 1) for variable in variables)
    os.execve(command[0], command, environment)  # noqa: S606 - that is what this program is for


if __name__ == "__main__":
    main()
