"""Each clinical row gets a public id of its own, so that it can be named in an address."""

import uuid
from typing import Any

from django.db import migrations, models

ROWS = ("finding", "surgeonreview", "symptomstatus")
SEEN = [("yes", "yes"), ("no", "no"), ("not_assessed", "not assessed")]
YES_NO = [("yes", "yes"), ("no", "no"), ("not_known", "not known")]


def give_ids(apps: Any, schema_editor: Any) -> None:
    for name in ROWS:
        model = apps.get_model("patients", name)
        for row in model.objects.filter(public_id=None).only("pk").iterator():
            model.objects.filter(pk=row.pk).update(public_id=uuid.uuid4())


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial")]

    operations = [
        *(migrations.AddField(name, "public_id", models.UUIDField(null=True, editable=False)) for name in ROWS),
        migrations.RunPython(give_ids, migrations.RunPython.noop, elidable=True),
        *(
            migrations.AlterField(
                name, "public_id", models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
            )
            for name in ROWS
        ),
        migrations.AddField("joint", "version", models.PositiveIntegerField(default=1)),
        migrations.AddField(
            "finding",
            "uptake",
            models.CharField(choices=SEEN, default="not_assessed", max_length=12, verbose_name="uptake"),
        ),
        migrations.AddField(
            "finding",
            "calibrated",
            models.CharField(choices=YES_NO, default="not_known", max_length=9, verbose_name="film calibrated"),
        ),
    ]
