from django.db import migrations

from apps.tenancy.fence import KeyFirst


class Migration(migrations.Migration):
    """A run of 30,000 calls was counted by reading all of its organization's scores for each of its answers."""

    dependencies = [("evals", "0012_likelihoods")]

    operations = [KeyFirst("attempt"), KeyFirst("generation"), KeyFirst("score"), KeyFirst("likelihood")]
