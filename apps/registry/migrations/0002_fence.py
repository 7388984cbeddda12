"""Put the tables behind the organization's wall."""

from django.db import migrations

from apps.tenancy.fence import AppendOnly, Fence


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial"), ("projects", "0002_fence")]
    operations = [
        Fence("Provider"),
        Fence("Endpoint"),
        Fence("Model"),
        Fence("ModelVersion"),
        AppendOnly("ModelVersion"),
        Fence("PriceCard"),
        AppendOnly("PriceCard"),
        Fence("RecordedOutput"),
        AppendOnly("RecordedOutput"),
    ]
