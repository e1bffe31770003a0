"""What a person says about a register: the file, how to read it, what a doubtful row means."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files import File
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from interop import words
from interop.models import Import
from interop.register.columns import FIELDS
from interop.register.encoding import ENCODINGS
from interop.register.reading import Choices
from interop.register.sheet import MOST_BYTES, SEPARATORS, Unreadable, open_sheet


class FileForm(forms.Form):
    """The content decides what a file is, not its name."""

    file = forms.FileField(
        label=_("The register"),
        help_text=_("A spreadsheet as .xlsx, .csv or .txt, at most 50 MB and 200,000 rows. It is kept as it is."),
        error_messages={"empty": _("The file is empty."), "required": _("Choose a file.")},
    )

    def clean_file(self) -> File[bytes]:
        file: File[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(words.of_file("too_large"))
        try:
            open_sheet(file.read())
        except Unreadable as refused:
            raise forms.ValidationError(words.of_file(refused.code, refused.line)) from refused
        file.seek(0)
        return file


class HowForm(forms.Form):
    """The guesses about a file and its columns. One form: changing any of it reads the rows again."""

    encoding = forms.ChoiceField(label=_("Letters (encoding)"), required=False)
    separator = forms.ChoiceField(label=_("Separator"), required=False)
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    order = forms.ChoiceField(label=_("Dates"), required=False)
    header = forms.ChoiceField(label=_("First row"), choices=list(words.HEADERS.items()))
    xray_views = forms.ChoiceField(label=_("Views of its X-rays"), choices=list(words.VIEWS.items()))

    def __init__(self, received: Import, data: QueryDict | None = None) -> None:
        how = received.how
        super().__init__(data, initial=self._guessed(received), auto_id="how_%s", label_suffix="")
        self.how, self.columns = how, how["columns"]
        text = how["kind"] == "csv"
        if text:
            self._offer("encoding", [(name, words.ENCODINGS[name]) for name in ENCODINGS])
            self._offer("separator", [(sign, words.SEPARATORS[sign]) for sign in SEPARATORS])
            del self.fields["sheet"]
        else:
            self._offer("sheet", [(name, name) for name in how["sheets"]])
            del self.fields["encoding"], self.fields["separator"]
        undecided = [("", _("Please choose"))] if not how["order"] else []
        none = [("none", _("Nothing to decide"))] if how["order"] == "none" else []
        self._offer("order", [*undecided, *none, *words.ORDERS.items()])
        for at, column in enumerate(self.columns):
            self.fields[f"column_{at}"] = self._column_field(column)

    def _offer(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @staticmethod
    def _guessed(received: Import) -> dict[str, Any]:
        how, chosen = received.how, received.choices
        return {
            "encoding": how["encoding"]["name"],
            "separator": how["separator"]["sign"],
            "sheet": how["sheet"],
            "order": chosen.get("order") or how["order"],
            "header": "yes" if how["heading_row"] else "no",
            "xray_views": chosen.get("xray_views", "unknown"),
        }

    @staticmethod
    def _column_field(column: dict[str, Any]) -> forms.ChoiceField:
        kinds = [(name, words.FIELDS[name]) for name in FIELDS]
        asked = [("ask", words.FIELDS["ask"])] if column["field"] == "ask" else []
        allowed = [kind for kind in kinds if kind[0] == "ignore"] if column["dangerous"] else [*asked, *kinds]
        return forms.ChoiceField(label=column["heading"] or "–", choices=allowed, initial=column["field"])

    @property
    def cards(self) -> list[dict[str, Any]]:
        """One for each column: heading, our field, one sample."""
        return [
            {**column, "box": self[f"column_{at}"], "asks": column["field"] == "ask" and not column["dangerous"]}
            for at, column in enumerate(self.columns)
        ]

    def choices(self, before: Choices) -> Choices:
        """What was said. Columns are guessed anew where letters, separator, sheet or headings are other ones."""
        said = self.cleaned_data
        table = [name for name in ("encoding", "separator", "sheet", "header") if name in said]
        another_table = any(said[name] != self.initial[name] for name in table)
        columns = () if another_table else tuple(said[f"column_{at}"] for at in range(len(self.columns)))
        guessed_order = not before.order and said["order"] == self.initial["order"]
        return Choices(
            encoding=self._kept("encoding", before.encoding),
            separator=self._kept("separator", before.separator),
            sheet=self._kept("sheet", before.sheet),
            header=self._kept("header", before.header),
            columns=columns,
            order="" if guessed_order or said["order"] == "none" else said["order"],
            xray_views=said["xray_views"],
            region=before.region,
        )

    def _kept(self, name: str, before: str) -> str:
        """A guess that was not touched stays a guess."""
        said = self.cleaned_data.get(name, "")
        return before if said == self.initial[name] else said


def decisions_from(data: QueryDict) -> dict[str, str]:
    """`d:code:field` = choice; what was typed (`t:code:field`) counts where "type" was chosen or nothing else was."""
    found = {}
    for name, value in data.items():
        kind, _colon, key = name.partition(":")
        text = "".join(sign for sign in str(value) if sign.isprintable()).strip()
        if (kind == "d" and text and text != "type") or (
            kind == "t" and text and data.get(f"d:{key}", "") in ("", "type")
        ):
            found[key] = text
    return found
