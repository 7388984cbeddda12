"""Put the tables behind the organization's wall, and freeze what is pinned."""

from django.db import migrations

from apps.tenancy.fence import Fence, RefuseWhen

PINNED_ALREADY = "pinned dataset versions never change"
VERSION_IS_PINNED = """EXISTS (
    SELECT 1 FROM datasets_datasetversion v WHERE v.status = 'PINNED'
    AND v.id = CASE TG_OP WHEN 'DELETE' THEN OLD.version_id ELSE NEW.version_id END
) OR (TG_OP = 'UPDATE' AND EXISTS (
    SELECT 1 FROM datasets_datasetversion v WHERE v.status = 'PINNED' AND v.id = OLD.version_id
))"""


class Migration(migrations.Migration):
    dependencies = [("datasets", "0001_initial"), ("projects", "0002_fence")]
    operations = [
        Fence("Dataset"),
        Fence("DatasetVersion"),
        Fence("Cohort"),
        Fence("Example"),
        RefuseWhen("DatasetVersion", condition="OLD.status = 'PINNED'", because=PINNED_ALREADY),
        RefuseWhen("Cohort", condition=VERSION_IS_PINNED, because=PINNED_ALREADY, on="INSERT OR UPDATE OR DELETE"),
        RefuseWhen("Example", condition=VERSION_IS_PINNED, because=PINNED_ALREADY, on="INSERT OR UPDATE OR DELETE"),
    ]
