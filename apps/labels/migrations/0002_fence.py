"""Put the tables behind the organization's wall, and keep what people and judges said as it was said."""

from django.db import migrations

from apps.tenancy.fence import AppendOnly, Fence


class Migration(migrations.Migration):
    dependencies = [("labels", "0001_initial"), ("evals", "0002_fence")]
    operations = [
        Fence("LabelSample"),
        Fence("Label"),
        Fence("Planting"),
        Fence("PlantedVerdict"),
        AppendOnly("LabelSample"),
        AppendOnly("Label"),
        AppendOnly("PlantedVerdict"),
    ]
