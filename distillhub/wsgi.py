"""The WSGI entrance: pages and REST."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distillhub.settings")

application = get_wsgi_application()

# Only now are the settings loaded that say which login this process uses.
from apps.tenancy import database_role  # noqa: E402

database_role.refuse()
