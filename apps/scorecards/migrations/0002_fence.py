"""Put the tables behind the organization's wall."""

from django.db import migrations

from apps.tenancy.fence import AppendOnly, Fence


class Migration(migrations.Migration):
    dependencies = [
        ("scorecards", "0001_initial"),
        ("projects", "0002_fence"),
        ("evals", "0002_fence"),
    ]
    operations = [
        Fence("Scorecard"),
        AppendOnly("Scorecard"),
    ]
