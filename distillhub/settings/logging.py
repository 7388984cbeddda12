"""Logs go to standard error, one line an event."""

from distillhub.settings.env import env

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # One line a call would drown the rest; faults are kept in rows.
    "loggers": {"httpx": {"level": "WARNING"}},
    "root": {"handlers": ["stderr"], "level": env.str("DISTILLHUB_LOG_LEVEL", default="WARNING")},
}
