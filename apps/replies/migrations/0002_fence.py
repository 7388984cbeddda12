"""Put the tables behind the organization's wall."""

from django.db import migrations

from apps.tenancy.fence import Fence


class Migration(migrations.Migration):
    dependencies = [("replies", "0001_initial")]
    operations = [
        Fence("Reply"),
    ]
