"""Put verdicts on anchors behind the organization's wall, and keep what judges said as it was said."""

from django.db import migrations

from apps.tenancy.fence import AppendOnly, Fence


class Migration(migrations.Migration):
    dependencies = [("labels", "0003_anchors"), ("evaluators", "0004_anchors_fence")]
    operations = [Fence("AnchorVerdict"), AppendOnly("AnchorVerdict")]
