"""Put the tables behind the organization's wall."""

from django.db import migrations

from apps.tenancy.fence import AppendOnly, Fence


class Migration(migrations.Migration):
    dependencies = [
        ("gates", "0001_initial"),
        ("projects", "0002_fence"),
        ("scorecards", "0002_fence"),
    ]
    operations = [
        Fence("GatePolicy"),
        Fence("GatePolicyVersion"),
        AppendOnly("GatePolicyVersion"),
        Fence("GateDecision"),
        AppendOnly("GateDecision"),
    ]
