"""A person at a browser, without the browser."""

from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from tests.make import PASSWORD


class _Hidden(HTMLParser):
    """The hidden and radio fields of a page, and which of them are filled in."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = dict(attrs)
        chosen = at.get("type") == "hidden" or "checked" in at
        if tag == "input" and chosen and (name := at.get("name")):
            self.fields[name] = at.get("value") or ""


class Browser:
    """Keeps cookies and fills in what a form holds already, like a person with one tab."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self.opener: OpenerDirector = build_opener(HTTPCookieProcessor(self.cookies))
        self.hidden: dict[str, str] = {}
        self.text = ""

    def sign_in(self, username: str) -> None:
        self.post("/accounts/login/", {"login": username, "password": PASSWORD})

    def get(self, path: str) -> int:
        return self._open(path, None)

    def post(self, path: str, fields: dict[str, str]) -> int:
        """The page first, for its hidden fields; then the answer after redirects."""
        if not self.hidden:
            self.get(path)
        return self._open(path, urlencode(self.hidden | fields).encode())

    def _open(self, path: str, body: bytes | None) -> int:
        try:
            with self.opener.open(self.address + path, body, timeout=30) as answer:
                page = _Hidden()
                self.text = answer.read().decode()
                page.feed(self.text)
                self.hidden = page.fields
                return int(answer.status)
        except HTTPError as refused:
            return refused.code
