"""``python -m distillhub services``: the embedded services from a terminal."""

import sys
import time

from distillhub.embedded import services

if __name__ == "__main__":
    begun = time.monotonic()
    state = {"services": services.ensure, "down": services.stop, "clean": services.clean}[sys.argv[1]]()
    print(services.status(), f"{time.monotonic() - begun:.1f} s")
