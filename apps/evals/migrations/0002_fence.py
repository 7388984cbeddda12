"""Put the tables behind the organization's wall."""

from django.db import migrations

from apps.tenancy.fence import Fence


class Migration(migrations.Migration):
    dependencies = [
        ("evals", "0001_initial"),
        ("projects", "0002_fence"),
        ("datasets", "0002_fence"),
        ("registry", "0002_fence"),
        ("evaluators", "0002_fence"),
    ]
    operations = [
        Fence("EvalRun"),
        Fence("Batch"),
        Fence("Generation"),
        Fence("Score"),
    ]
