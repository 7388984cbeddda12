"""One Postgres database, two roles: the server logs in as the plain app role, migrations as the owner."""

from distillhub.settings.env import env, secret

DATABASE_ROLE = env.str("DISTILLHUB_DATABASE_ROLE", default="app")

_url = (
    secret("DATABASE_OWNER_URL", "database_owner_url")
    if DATABASE_ROLE == "owner"
    else secret("DATABASE_URL", "database_url")
)
# Without a URL (a bare `check` or a static analysis) Django still needs a shape; any query then fails by name.
_config = env.db_url_config(_url or "postgres://distillhub_app@127.0.0.1:5432/distillhub")
_name = env.str("DISTILLHUB_DATABASE_NAME", default="")

DATABASES = {
    "default": {
        **_config,
        **({"NAME": _name} if _name else {}),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "options": " ".join(
                f"-c {setting}"
                for setting in (
                    f"statement_timeout={'0' if DATABASE_ROLE == 'owner' else '60s'}",
                    "lock_timeout=10s",
                    "idle_in_transaction_session_timeout=60s",
                )
            ),
        },
    }
}
