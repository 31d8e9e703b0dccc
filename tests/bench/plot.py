"""A plot of the seconds, as SVG: a row of bars for each step, one bar a tool, each step on its own scale."""
from html import escape

from measure import STEPS

STEP_TITLES = {"first": "first snapshot", "again": "nothing changed", "changed": "1 % changed", "one": "one file changed",
               "restore": "full restore", "in_place": "in place after 1 %", "versions": "all further versions"}
BAR, GAP, LEFT, WIDTH, COLUMN = 16, 30, 80, 190, 350
STYLE = ("text{font:12px sans-serif;fill:#333}.t{font-weight:bold}.us{fill:#c1442e}.peer{fill:#8aa1b1}"
         "@media(prefers-color-scheme:dark){text{fill:#ddd}}")


def svg(result):
    corpus = result["corpora"][0]
    steps = []
    for step in STEPS:
        bars = [(f["tool"], f["seconds"]) for f in corpus["steps"] if f["step"] == step and "seconds" in f]
        if step in STEP_TITLES and bars:
            steps.append((step, sorted(bars, key=lambda bar: bar[1])))
    parts, bottom = [], 34
    for row in range(0, len(steps), 2):
        pair = steps[row:row + 2]
        for column, (step, bars) in enumerate(pair):
            parts += chart(STEP_TITLES[step], bars, column * COLUMN, bottom)
        bottom += max(len(bars) for _, bars in pair) * (BAR + 4) + GAP
    head = f"{corpus['name']}: seconds, less is better"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * COLUMN} {bottom}" role="img" '
            f'aria-label="{escape(head)}">\n<style>{STYLE}</style>\n<text class="t" x="0" y="14">{escape(head)}</text>\n'
            + "\n".join(parts) + "\n</svg>\n")


def chart(title, bars, x, y):
    most = max(seconds for _, seconds in bars) or 1
    yield f'<text class="t" x="{x + LEFT}" y="{y + 10}">{escape(title)}</text>'
    for i, (tool, seconds) in enumerate(bars):
        top = y + 16 + i * (BAR + 4)
        length = max(1, round(WIDTH * seconds / most))
        kind = "us" if tool == "stravinsky" else "peer"
        label = f"{seconds:.3f}" if seconds < 1 else f"{seconds:.1f}"
        yield f'<text x="{x + LEFT - 6}" y="{top + 12}" text-anchor="end">{escape(tool)}</text>'
        yield f'<rect class="{kind}" x="{x + LEFT}" y="{top}" width="{length}" height="{BAR}"/>'
        yield f'<text x="{x + LEFT + length + 5}" y="{top + 12}">{label}</text>'
