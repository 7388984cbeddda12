"""Put the table behind the organization's wall, for good once written."""

from django.db import migrations

from apps.tenancy.fence import AppendOnly, Fence


class Migration(migrations.Migration):
    dependencies = [
        ("baselines", "0001_initial"),
        ("datasets", "0002_fence"),
        ("evals", "0002_fence"),
    ]
    operations = [
        Fence("Baseline"),
        AppendOnly("Baseline"),
    ]
