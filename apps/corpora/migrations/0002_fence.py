"""Put the table behind the organization's wall, for good once written."""

from django.db import migrations

from apps.tenancy.fence import AppendOnly, Fence


class Migration(migrations.Migration):
    dependencies = [
        ("corpora", "0001_initial"),
        ("registry", "0002_fence"),
        ("datasets", "0002_fence"),
    ]
    operations = [
        Fence("CorpusCheck"),
        AppendOnly("CorpusCheck"),
    ]
