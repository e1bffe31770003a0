"""Every field of ours says what it tells about a person."""

from django.apps import apps

from accounts.field_classes import FIELD_CLASSES

OURS = ("accounts", "patients", "followups", "portal", "interop")


def fields() -> set[str]:
    return {
        f"{model._meta.label}.{field.name}"
        for app in OURS
        for model in apps.get_app_config(app).get_models()
        for field in (*model._meta.local_fields, *model._meta.local_many_to_many)
    }


def test_every_field_is_classed() -> None:
    assert sorted(fields() - FIELD_CLASSES.keys()) == []


def test_every_entry_has_its_field() -> None:
    assert sorted(FIELD_CLASSES.keys() - fields()) == []
