"""`gettext` and `ngettext`, remembered.

Django looks each text up in a chain of catalogues, 10 to 20 microseconds a time; a list asks for the same dozen words
for every row. Imported as `_`, so that `makemessages` finds the texts.
"""

from functools import lru_cache

from django.utils import translation


def gettext(message: str) -> str:
    return _gettext(message, translation.get_language())


def ngettext(singular: str, plural: str, number: int) -> str:
    return _ngettext(singular, plural, number, translation.get_language())


@lru_cache(maxsize=5_000)
def _gettext(message: str, language: str | None) -> str:
    return translation.gettext(message)


@lru_cache(maxsize=5_000)
def _ngettext(singular: str, plural: str, number: int, language: str | None) -> str:
    return translation.ngettext(singular, plural, number)
