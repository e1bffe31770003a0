"""Words of the clinic's pages that come from codes."""

from django import template

from followups import words

register = template.Library()


@register.filter
def failure(code: str) -> str:
    return words.failure(code)


@register.filter
def row_name(row: str) -> str:
    return str(words.ROWS.get(row, row))
