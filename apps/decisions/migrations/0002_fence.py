"""Put the tables behind the organization's wall; decisions and approvals are written once, by two people."""

from django.db import migrations

from apps.tenancy.fence import AppendOnly, Fence, RefuseWhen

SAME_PERSON = """EXISTS (
    SELECT 1 FROM decisions_decision d WHERE d.id = NEW.decision_id AND d.decided_by_id = NEW.approved_by_id
)"""


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0001_initial"),
        ("projects", "0002_fence"),
        ("gates", "0002_fence"),
    ]
    operations = [
        Fence("Decision"),
        AppendOnly("Decision"),
        Fence("Approval"),
        AppendOnly("Approval"),
        RefuseWhen("Approval", condition=SAME_PERSON, because="a second person approves", on="INSERT"),
    ]
