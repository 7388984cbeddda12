"""Settings by concern; environments differ only by variables (see docs/reference/settings.md)."""

from distillhub.settings.core import *
from distillhub.settings.database import *
from distillhub.settings.logging import *
from distillhub.settings.product import *
from distillhub.settings.rest import *
from distillhub.settings.security import *
from distillhub.settings.tasks import *
