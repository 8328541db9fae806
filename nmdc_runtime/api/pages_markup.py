"""The HTML of the documentation pages; pure."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

import nh3
import orjson

from nmdc_runtime.api.openapi import TITLE, runtime_version

#: What an announcement may hold. Pictures are left out: the page may not fetch them from elsewhere.
BANNER_TAGS: Final = frozenset(
    {"a", "abbr", "b", "br", "code", "div", "em", "h2", "h3", "h4", "hr", "i", "kbd", "li"}
    | {"mark", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "u", "ul"}
)
BANNER_ATTRIBUTES: Final = {"a": {"href", "title"}, "abbr": {"title"}}
BANNER_SCHEMES: Final = frozenset({"http", "https", "mailto"})
#: So that no text can end the element that holds the data, whatever a browser takes for its end.
_IN_SCRIPT: Final = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}

_PAGES: Final = (("/docs", "Try it out"), ("/redoc", "Read"))
_SCALAR: Final = ("/scalar", "Explore")


def clean_banner(html: str) -> str:
    """Return an announcement without anything that runs, loads or restyles."""
    return nh3.clean(
        html,
        tags=set(BANNER_TAGS),
        attributes={tag: set(names) for tag, names in BANNER_ATTRIBUTES.items()},
        url_schemes=set(BANNER_SCHEMES),
        link_rel="noopener noreferrer",
    ).strip()


def data_element(data: Mapping[str, Any]) -> str:
    """Return an element that carries data to the page's own scripts; nothing in it can run."""
    text = orjson.dumps(data).decode().translate(_IN_SCRIPT)
    return f'<script type="application/json" id="nmdc-data">{text}</script>'


def navigation(*, with_scalar: bool, current: str) -> str:
    """Return the links to the pages."""
    links = [
        f'<a href="{path}"{" aria-current=page" if path == current else ""}>{name}</a>'
        for path, name in (*_PAGES, *((_SCALAR,) if with_scalar else ()))
    ]
    return (
        f'<nav aria-label="Documentation">{" ".join(links)} '
        '<a href="/openapi.json">OpenAPI</a></nav>'
    )


def login_control(*, is_logged_in: bool, name: str) -> str:
    """Return the link to log in, or who is logged in with the button to log out."""
    if not is_logged_in:
        return '<a class="nmdc-login" href="/orcid_login">Log in with ORCID</a>'
    return (
        '<form class="nmdc-login" id="nmdc-logout" method="post" action="/orcid_logout">'
        f"<span>{escape(name) or 'Logged in'}</span> <button>Log out</button></form>"
    )


def notice_line(text: str) -> str:
    """Return a sentence that whoever opens the page has to know."""
    return f'<p class="nmdc-notice" role="alert">{escape(text)}</p>' if text else ""


def page(
    *, title: str, navigation: str, body: str, head: str = "", login: str = "", name: str
) -> str:
    """Return a whole page; ``name`` is the class by which its style knows it."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
{head}
<link rel="stylesheet" href="/static/docs.css">
</head>
<body class="{name}">
<header class="nmdc-bar">
<img src="/static/favicon.svg" alt="">
<strong>{escape(TITLE)}</strong> <span>{escape(runtime_version())}</span>
{navigation}
{login}
</header>
{body}
</body>
</html>
"""
