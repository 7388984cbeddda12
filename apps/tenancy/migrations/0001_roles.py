"""Before any table: what the owner creates from now on, the app role may read and write; nothing more."""

from django.db import migrations

STATEMENTS = [
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO distillhub_app",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO distillhub_app",
    "GRANT USAGE ON SCHEMA public TO distillhub_app",
    # Django makes this table before the first migration, so the default above came too late for it.
    "GRANT SELECT ON django_migrations TO distillhub_app",
]


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    run_before = [
        ("contenttypes", "0001_initial"),
        ("sessions", "0001_initial"),
        ("axes", "0001_initial"),
        ("auth", "0001_initial"),
    ]
    operations = [migrations.RunSQL(STATEMENTS, reverse_sql=migrations.RunSQL.noop)]
