"""Figures out of a measurement, and their shapes: text, Markdown, a page that holds them."""
import statistics

import machine
from measure import STEPS
from plot import svg  # noqa: F401 (a shape of its own)

US = "stravinsky"
TITLES = {"first": "first snapshot", "again": "nothing changed", "changed": "1 % of files changed", "one": "one file changed",
          "versions": "all further versions", "list": "list", "verify": "verify, all data", "restore": "full restore",
          "restore_unread": "full restore, not read back", "in_place": "in place after 1 % changed"}


def figures(measured):
    """The corpus' part of the JSON: one object a step and tool, skipped ones with their reason."""
    steps = []
    for step in STEPS:
        ours = measured.runs.get((step, US), [])[:measured.complete]
        for tool in measured.tool_types:
            runs = measured.runs.get((step, tool), [])[:measured.complete]
            if runs:
                seconds = statistics.median(run.seconds for run in runs)
                figure = {"step": step, "tool": tool, "seconds": round(seconds, 4),
                          "seconds_of_rounds": [round(run.seconds, 4) for run in runs],
                          "processor_seconds": round(statistics.median(run.processor_seconds for run in runs), 4),
                          "peak_memory_bytes": max(run.memory for run in runs)}
                if ours:  # of the same rounds
                    figure["ratio"] = round(statistics.median(run.seconds for run in ours[:len(runs)]) / seconds, 4)
                if (step, tool) in measured.stored:
                    figure["store_bytes"] = round(statistics.median(measured.stored[step, tool]))
                steps.append(figure)
            elif (step, tool) in measured.skipped:
                steps.append({"step": step, "tool": tool, "skipped": measured.skipped[step, tool]})
    return {"name": measured.corpus.name, "words": measured.corpus.words, "versions": measured.corpus.versions + 1, "rounds": measured.complete, "once": measured.once,
            **measured.facts, "steps": steps,
            "failed": [{"tool": tool, "step": step, "reason": reason} for tool, (step, reason) in measured.failed.items()]}


def number(value):
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def grid(corpus, cell):
    """Rows of text: a step each, a tool a column; empty rows are left out."""
    found = {(figure["step"], figure["tool"]): figure for figure in corpus["steps"]}
    tools = list(dict.fromkeys(figure["tool"] for figure in corpus["steps"]))
    rows = []
    for step in STEPS:
        cells = [cell(found.get((step, tool), {})) for tool in tools]
        if any(cells):
            rows.append([TITLES[step], *(text or "–" for text in cells)])
    return [["", *tools], *rows]


def seconds_cell(figure):
    if "seconds" not in figure:
        return ""
    if figure["tool"] == US or "ratio" not in figure:
        return number(figure["seconds"])
    return f"{number(figure['seconds'])} ({figure['ratio']:.2f})"


def processor_cell(figure):
    return number(figure["processor_seconds"]) if "processor_seconds" in figure else ""


def memory_cell(figure):
    return f"{figure['peak_memory_bytes'] / 1e6:.0f}" if "peak_memory_bytes" in figure else ""


def store_cell(figure):
    return f"{figure['store_bytes'] / 1e6:.2f}" if "store_bytes" in figure else ""


GRIDS = (("seconds, median; in brackets: our time ÷ its time", seconds_cell),
         ("processor seconds, all threads, median", processor_cell), ("peak memory, MB", memory_cell),
         ("store after the step, MB", store_cell))


def aligned(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(row, widths)))
                     for row in rows)


def markdown_table(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def counted(count, noun):
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def heading(result, corpus):
    facts = result["machine"]
    once = f" ({', '.join(corpus['once'])} in the first only)" if corpus.get("once") and corpus["rounds"] > 1 else ""
    versions = f", {corpus['versions']} versions" if corpus["versions"] > 1 else ""
    scale = f", scale {result['scale']:g}" if result["scale"] != 1 else ""
    return (f"{counted(corpus['files'], 'file')}, {corpus['bytes'] / 1e6:,.1f} MB{versions}{scale}; {counted(corpus['rounds'], 'round')}{once}; "
            f"{machine.words(facts)}, {facts['filesystem']}, load {facts['load_before']:.1f} before and {facts.get('load_after', 0):.1f} after")


def remarks(corpus):
    """What a dash stands for, and what failed: nothing is left out silently."""
    lines = [f"{figure['tool']} {figure['skipped']} ({TITLES[figure['step']]})" for figure in corpus["steps"] if "skipped" in figure]
    return lines + [f"{f['tool']} FAILED ({TITLES[f['step']]}): {f['reason']}" for f in corpus["failed"]]


def text(result):
    parts = []
    for corpus in result["corpora"]:
        parts.append(f"{corpus['name']}: {heading(result, corpus)}")
        parts += [f"{title}\n{aligned(grid(corpus, cell))}" for title, cell in GRIDS]
        if remarks(corpus):
            parts.append("\n".join(remarks(corpus)))
    parts.append("\n".join(f"{tool['name']} {tool['version']}: {tool['notes']}" for tool in result["tools"]))
    return "\n\n".join(parts)


def markdown(result, corpus):
    parts = [heading(result, corpus) + "."]
    parts += [f"{title[0].upper()}{title[1:]}:\n\n{markdown_table(grid(corpus, cell))}" for title, cell in GRIDS]
    if remarks(corpus):
        parts.append("No figure: " + "; ".join(remarks(corpus)) + ".")
    return "\n\n".join(parts)


def tools_table(result):
    return markdown_table([["tool", "version", "how it is run"],
                           *([tool["name"], tool["version"], tool["notes"].replace("|", "\\|")] for tool in result["tools"])])


def with_rows_of(old, new):
    """The table `new`, with the rows of the table `old` whose first cells it lacks."""
    head, body = new.splitlines()[:2], new.splitlines()[2:]
    first_cell = lambda row: row.split("|")[1]
    rows = {first_cell(row): row for row in [*old.strip().splitlines()[2:], *body]}
    return "\n".join([*head, *rows.values()])


def replaced(page, name, content):
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    before, found, rest = page.partition(begin)
    old, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"error: cannot refresh the page: it has no lines '{begin}' and '{end}'\nfix: add them where the table goes")
    # A run of few tools says nothing of the others, whose figures may stand in other tables.
    return f"{before}{begin}\n{with_rows_of(old, content) if name == 'tools' else content}\n{end}{after}"


def refresh_page(path, tables):
    """Replaces tables of a page, but of `tools` only the rows that are new.
    @param tables  what stands between the marks of each name"""
    with open(path) as file:
        page = file.read()
    for name, table in tables.items():
        page = replaced(page, name, table)
    with open(path, "w") as file:
        file.write(page)


def refresh(path, result):
    """The tables of the measured corpora and of the tools."""
    refresh_page(path, {"tools": tools_table(result),
                        **{corpus["name"]: markdown(result, corpus) for corpus in result["corpora"]}})
