"""Write docs/reference/openapi.json: the document of the REST interface, as the server gives it.

python docs/generate_openapi.py
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "openapi.json"

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distillhub.settings")
    django.setup()
    from apps.api import schema  # Django must be set up first

    PAGE.write_text(schema.text(), encoding="utf-8")
