"""Another process that starts the embedded server: `python postgres_child.py HOME BINARIES [--fork]`.

For each line on its standard input (`start`, `stop`) it does so and prints a JSON object; at the end of input it stops.
With --fork it leaves a forked process behind that sleeps through everything.
"""

import json
import os
import sys
import time
from pathlib import Path

from registry.postgres import Embedded, PostgresError


def main() -> None:
    server = Embedded(Path(sys.argv[1]), binaries=Path(sys.argv[2]), settings={"fsync": "off"})
    for line in sys.stdin:
        try:
            getattr(server, line.strip())()
            running = line.strip() == "start"
            said: dict[str, object] = {"owner": server.owner, "url": server.url() if running else None}
        except PostgresError as error:
            said = {"code": error.code, "message": str(error)}
        if "--fork" in sys.argv and (sleeper := os.fork()) == 0:
            time.sleep(60)
            os._exit(0)
        elif "--fork" in sys.argv:
            said["sleeper"] = sleeper
        print(json.dumps(said), flush=True)
    server.stop()


if __name__ == "__main__":
    main()
