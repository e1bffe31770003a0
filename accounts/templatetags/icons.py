"""Our own few inline icons, `{% icon "phone" %}`. Always beside a word, so readers never hear them."""

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Drawn on 16 x 16 with a line of 1.4.
LINES = {
    "back": '<path d="M10 3 5 8l5 5"/>',
    "on": '<path d="m6 3 5 5-5 5"/>',
    "find": '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 4 4"/>',
    "phone": '<path d="M5 2 3 3.2C2.4 8 8 13.6 12.8 13L14 11l-3-2-1.5 1.3C8 9.7 6.3 8 5.7 6.5L7 5z"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "check": '<path d="m3 8.5 3.5 3.5L13 5"/>',
    "print": '<path d="M4.5 6V2h7v4M4.5 11.5H2.5V6h11v5.5h-2M4.5 9.5h7V14h-7z"/>',
    "warning": '<path d="M8 2 15 14H1zM8 6.5v3.6M8 12v.1"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.5"/>',
    "person": '<circle cx="8" cy="5" r="2.6"/><path d="M3 14c.4-3 2.3-4.6 5-4.6S12.6 11 13 14"/>',
    "clinic": '<path d="M2.5 6.5 8 2l5.5 4.5V14h-11zM8 7.5v4M6 9.5h4"/>',
    "chart": '<path d="M2.5 2.5v11h11M5 10l2.5-3 2 2L13 4.5"/>',
    "page": '<path d="M4 2h5.5L12 4.5V14H4zM6 7h4M6 9.5h4M6 12h2.5"/>',
    "book": '<path d="M8 4C6.5 2.8 4.5 2.6 2 3v9.5c2.5-.4 4.5-.2 6 1 1.5-1.2 3.5-1.4 6-1V3c-2.5-.4-4.5-.2-6 1zv9.5"/>',
    "eye": (
        '<path d="M1.5 8C3.2 5.2 5.4 3.8 8 3.8s4.8 1.4 6.5 4.2c-1.7 2.8-3.9 4.2-6.5 4.2S3.2 10.8 1.5 8z"/>'
        '<circle cx="8" cy="8" r="2"/>'
    ),
    "key": '<circle cx="5.5" cy="10.5" r="3"/><path d="m7.7 8.3 5.8-5.8M11 5l2 2"/>',
    "calendar": '<path d="M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3"/>',
    "message": '<path d="M2 3h12v8H7l-3 3v-3H2z"/>',
    "offline": '<path d="M2 2l12 12M4.5 12.5a3 3 0 0 1-.3-6M6.5 4.2A4 4 0 0 1 12 7a2.8 2.8 0 0 1 1.5 4.5"/>',
    "circle": '<circle cx="8" cy="8" r="5" />',
}
# Filled shapes: severities and signs of life.
SHAPES = {
    "octagon": '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z"/>',
    "triangle": '<path d="m8 1.5 7 13H1z"/>',
    "dot": '<circle cx="8" cy="8" r="7"/>',
    "diamond": '<path d="m8 .5 7.5 7.5L8 15.5.5 8z"/>',
}
RINGS = {"ring": '<circle cx="8" cy="8" r="5.5"/>'}


def _draw(inside: str, how: str) -> SafeString:
    return mark_safe(f'<svg viewBox="0 0 16 16" aria-hidden="true" focusable="false" {how}>{inside}</svg>')


_LINE = 'fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round"'
_DRAWN = (
    {name: _draw(inside, _LINE) for name, inside in LINES.items()}
    | {name: _draw(inside, 'fill="currentColor"') for name, inside in SHAPES.items()}
    | {name: _draw(inside, 'fill="none" stroke="currentColor" stroke-width="2.5"') for name, inside in RINGS.items()}
)


@register.simple_tag
def icon(name: str) -> SafeString:
    return _DRAWN[name]
