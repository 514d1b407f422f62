"""The style of a drawing: rules that name colors by what they mean, and what the names stand for.

A page has the names from its own style sheet and the rules from `50-timeline.css`, which is held
against these by a test. A file that stands alone carries both. A printer of documents that does
not know variables inside a drawing gets the rules with the colors filled in.
"""

from __future__ import annotations

import re

FONT = 'system-ui,"Segoe UI",Roboto,"DejaVu Sans",Arial,sans-serif'
LIGHT = {
    "--fg": "#1b1b1b", "--mut": "#4b5563", "--bg": "#fff", "--line": "#cbd2da", "--edge": "#6b7480",
    "--g1": "#ffe9a8", "--g2": "#f4a636", "--g3": "#97247e", "--g4": "#2e0b3f",
    "--on-light": "#1b1b1b", "--on-dark": "#fff", "--g-edge": "#1b1b1b",
    "--data": "#124a8c", "--band": "#fbe9e7", "--act": "#0b5fa5", "--on-act": "#fff",
    "--focus": "#1b1b1b", "--ring": "#ffbf00",
}  # fmt: skip
DARK = {
    "--fg": "#f2f2f2", "--mut": "#b9c1cc", "--bg": "#14171b", "--line": "#3f4852",
    "--edge": "#8d97a4", "--g-edge": "#f2f2f2", "--data": "#8cc3f5", "--band": "#33201f",
    "--act": "#8cc3f5", "--on-act": "#0c1116", "--focus": "#fff",
}  # fmt: skip

RULES = """\
.tx{display:block;width:100%;height:auto;touch-action:pan-y}
.tx text{fill:var(--fg);font-size:11px;stroke:none}
.tx .title{font-size:16px;font-weight:600}
.tx .name{font-weight:600;font-size:12.5px}
.tx .soft,
.tx .day,
.tx .tick,
.tx .script,
.tx .means,
.tx .caption,
.tx .none{fill:var(--mut);font-size:11px;font-weight:400}
.tx .value{font-size:16px;font-weight:700}
.tx .day,.tx .none,.tx .digit,.tx .mark{text-anchor:middle}
.tx .strong{fill:var(--fg);font-weight:600}
.tx .tick,.tx .means,.tx .end{text-anchor:end}
.tx .paper{fill:var(--bg)}
.tx .rule,.tx .frame{stroke:var(--line);fill:none}
.tx .frame{stroke-width:1}
.tx .midnight{stroke:var(--line);stroke-width:1.6}
.tx .zero{stroke:var(--fg);stroke-width:2;fill:var(--fg)}
.tx .now{stroke:var(--fg);stroke-width:1.3;stroke-dasharray:1 3}
.tx .band{fill:var(--band);fill-opacity:.8}
.tx .line,.tx .bar,.tx .dots,.held path{fill:none}
.tx .line{stroke:var(--data);stroke-width:1.5;stroke-linejoin:round}
.tx .bar{stroke:var(--data);stroke-width:1;stroke-opacity:.45}
.tx .dots{stroke:var(--data);stroke-width:4.4;stroke-linecap:round}
.tx .beyond{fill:var(--fg)}
.tx .ring{
fill:var(--bg);fill-opacity:.01;stroke:var(--fg);stroke-width:1.6;stroke-dasharray:2 1.5}
.tx .window{fill:none;stroke:var(--edge);stroke-dasharray:4 2}
.tx .cause{fill:var(--bg);stroke:var(--fg)}
.tx .seg{stroke:var(--g-edge)}
.tx .open{stroke:var(--g-edge);stroke-dasharray:3 2}
.tx .thin{stroke:none}
.tx .hatch{stroke:var(--edge);stroke-width:1.2}
.tx .none0{fill:var(--edge)}
.tx .g1{fill:var(--g1)}
.tx .g2{fill:var(--g2)}
.tx .g3{fill:var(--g3)}
.tx .g4,.tx .g5{fill:var(--g4)}
.tx .digit{font-size:12px;font-weight:700}
.tx .d1,.tx .d2{fill:var(--on-light)}
.tx .d3,.tx .d4,.tx .d5{fill:var(--on-dark)}
.tx .d0{fill:var(--fg);font-weight:400}
.tx .halo{paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}
.tx .drug{fill:var(--act);stroke:var(--bg);stroke-width:1}
.tx .mark{fill:var(--on-act);font-weight:700}
.tx a:focus{outline:none}
.tx a:focus-visible rect,
.tx a:focus-visible path,
.tx a:focus-visible circle{stroke:var(--focus);stroke-width:4;stroke-dasharray:none}
.tx a:focus-visible{outline:4px solid var(--ring);outline-offset:1px}
.held{position:absolute}
"""


def standalone() -> str:
    """Rules and colors for a file of its own, light or dark as its reader has it."""
    light = ";".join(f"{name}:{color}" for name, color in LIGHT.items())
    dark = ";".join(f"{name}:{color}" for name, color in DARK.items())
    return (
        f"\n.tx{{{light};background:var(--bg);font-family:{FONT}}}\n"
        f"@media (prefers-color-scheme:dark){{.tx{{{dark}}}}}\n{RULES}"
    )


def resolved(font: str = "DejaVu Sans") -> str:
    """The same in light colors without any variable, for paper."""
    rules = re.sub(r"var\((--[\w-]+)\)", lambda found: LIGHT[found[1]], RULES)
    # It knows no order of painting: the halo would lie over the letters.
    kept = [
        rule
        for rule in re.findall(r"[^{}]+{[^}]*}", rules)
        if "focus" not in rule and "paint-order" not in rule
    ]
    return f"\n.tx{{font-family:{font}}}" + "".join(kept) + "\n"
