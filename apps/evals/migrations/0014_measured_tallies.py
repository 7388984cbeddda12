import django.db.models.deletion
from django.db import migrations, models

import apps.tenancy.owned
from apps.evals.tallying import KeepTalliesOf


class Migration(migrations.Migration):
    dependencies = [
        ("evals", "0013_keys_first"),
        ("tenancy", "0003_shares"),
    ]

    operations = [
        migrations.AlterField(
            model_name="likelihood",
            name="generation",
            field=apps.tenancy.owned.OwnedForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="likelihoods",
                to="evals.generation",
            ),
        ),
        migrations.AlterField(
            model_name="likelihood",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                default=apps.tenancy.owned.acting_organization_id,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.organization",
            ),
        ),
        migrations.AlterField(
            model_name="tally",
            name="subject",
            field=models.CharField(
                choices=[
                    ("planned", "planned"),
                    ("call", "call"),
                    ("answer", "answer"),
                    ("score", "score"),
                    ("measured", "measured"),
                ],
                max_length=10,
            ),
        ),
        KeepTalliesOf("evals_likelihood", subject="measured"),
    ]
