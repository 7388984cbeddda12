"""Put the tables behind the organization's wall."""

from django.db import migrations

from apps.tenancy.fence import AppendOnly, Fence


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        Fence("AuditEvent"),
        AppendOnly("AuditEvent"),
    ]
