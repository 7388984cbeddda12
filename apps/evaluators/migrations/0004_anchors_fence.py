"""Put anchors behind the organization's wall, and keep them as they were pinned."""

from django.db import migrations

from apps.tenancy.fence import AppendOnly, Fence


class Migration(migrations.Migration):
    dependencies = [("evaluators", "0003_anchors")]
    operations = [Fence("AnchorSet"), AppendOnly("AnchorSet")]
