"""Put the tables behind the organization's wall; counts and comparisons stay for good, sketches can be deleted."""

from django.db import migrations

from apps.tenancy.fence import AppendOnly, Fence, RefuseWhen


class Migration(migrations.Migration):
    dependencies = [
        ("traffic", "0001_initial"),
        ("projects", "0002_fence"),
        ("datasets", "0002_fence"),
    ]
    operations = [
        Fence("TrafficSample"),
        AppendOnly("TrafficSample"),
        Fence("TrafficSketches"),
        RefuseWhen("TrafficSketches", condition="TG_OP = 'UPDATE'", because="sketches never change", on="UPDATE"),
        Fence("TrafficComparison"),
        AppendOnly("TrafficComparison"),
    ]
