"""Results as Markdown, JSON and a picture."""

import html
import json
import statistics

TITLES = {"meelio": "Meelio Sync", "php": "PHP-FPM, SQLite", "ceiling": "C responder, fixed answer", "raw": "raw SQLite in C"}
COLOURS = {"meelio": "#2563eb", "php": "#9333ea", "ceiling": "#94a3b8", "raw": "#d97706"}

# workload, of what, against whom, at least (or at most) so many times theirs
GOALS = [
    ("W1", "rate", "php", 6.0), ("W1", "rate", "ceiling", 0.40), ("W1", "rate", "raw", 2.0), ("W1", "p99", "php", 0.25),
    ("W2", "rate", "php", 5.0), ("W2", "rate", "ceiling", 0.20), ("W2", "rate", "raw", 2.0), ("W2", "p99", "php", 0.25),
    ("W3", "rate", "php", 2.7), ("W3", "rate", "ceiling", 0.85),
    ("W4", "rate", "php", 5.0), ("W4", "rate", "ceiling", 0.60),
    ("W5", "rate", "php", 2.0), ("W5", "rate", "ceiling", 0.90),
]


def markdown_table(heads, rows):
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


class Table:
    """The medians of all runs, and the goals."""

    def __init__(self, runs, workloads, options):
        self.runs, self.workloads, self.options = runs, workloads, options
        self.summary = {}
        for run in runs:
            self.summary.setdefault(run["workload"], {}).setdefault(run["system"], []).append(figures(run))
        for systems in self.summary.values():
            for system, several in systems.items():
                systems[system] = medians(several)

    @property
    def is_right(self):
        return not any(run["bad"] or run["errors"] or run["missing"] for run in self.runs)

    def goals(self):
        for workload, figure, other, goal in GOALS:
            systems = self.summary.get(workload, {})
            if "meelio" in systems and other in systems:
                ratio = systems["meelio"][figure] / systems[other][figure]
                yield {
                    "workload": workload, "figure": figure, "against": other, "goal": goal, "ratio": round(ratio, 3),
                    "reached": ratio <= goal if figure == "p99" else ratio >= goal}

    def json(self):
        return {
            "seconds": self.options.seconds, "repetitions": self.options.runs, "summary": self.summary,
            "goals": list(self.goals()), "runs": self.runs}

    def markdown(self):
        of = "One run" if self.options.runs == 1 else f"Median (and range) of {self.options.runs} runs"
        text = f"{of} of {self.options.seconds} s.\n"
        for workload, systems in self.summary.items():
            text += f"\n## {workload}: {self.workloads[workload]}\n\n"
            text += markdown_table(
                ["system", "requests/s", "p50 ms", "p99 ms", "CPU s per 1,000", "nginx's", "memory MB", "answer bytes", "bad"],
                [row(system, several) for system, several in systems.items()])
        text += "\n## Goals\n\n" + markdown_table(
            ["Meelio Sync to", "goal", "measured", "reached"],
            [[f"{TITLES[goal['against']]}: {goal['workload']} {'requests/s' if goal['figure'] == 'rate' else 'p99'}",
              f"{'≤' if goal['figure'] == 'p99' else '≥'} {goal['goal']:g}", f"{goal['ratio']:.2f}", "yes" if goal["reached"] else "no"]
             for goal in self.goals()])
        return text

    def svg(self):
        return picture(self.summary, self.workloads)


def figures(run):
    requests = max(run["requests"], 1)
    return {
        "rate": run["requests"] / run["seconds"], "p50": run["p50"] / 1000, "p99": run["p99"] / 1000,
        "cpu": run["cpu"] / requests * 1000, "nginxCPU": run["nginxCPU"] / requests * 1000, "memory": run["memory"] / 1e6,
        "answerBytes": run["answerBytes"], "bad": run["bad"] + run["errors"] + run["missing"]}


def medians(several):
    result = {name: statistics.median(figures[name] for figures in several) for name in several[0]}
    result["bad"] = sum(figures["bad"] for figures in several)
    for name in ("rate", "p99"):
        result[name + "Range"] = [min(figures[name] for figures in several), max(figures[name] for figures in several)]
    return result


def row(system, figures):
    is_raw = system == "raw"
    return [
        TITLES[system], with_range(figures, "rate", ",.0f"), f"{figures['p50']:.2f}", with_range(figures, "p99", ".2f"),
        f"{figures['cpu']:.3f}", "" if is_raw else f"{figures['nginxCPU']:.3f}", f"{figures['memory']:.1f}",
        "" if is_raw else f"{figures['answerBytes']:,.0f}", f"{figures['bad']:,}"]


def with_range(figures, name, form):
    low, high = figures[name + "Range"]
    spread = "" if low == high else f" ({low:{form}} to {high:{form}})"
    return f"{figures[name]:{form}}{spread}"


def picture(summary, workloads):
    """Bars of requests/s, as SVG: each workload has a scale of its own."""
    width, bar, top = 760, 22, 34
    parts, y = [], 10
    for workload, systems in summary.items():
        best = max(figures["rate"] for figures in systems.values())
        parts.append(f'<text x="10" y="{y + 14}" class="title">{workload}: {html.escape(workloads[workload])}</text>')
        y += 24
        for system, figures in systems.items():
            length = 400 * figures["rate"] / best
            parts.append(
                f'<text x="190" y="{y + 15}" text-anchor="end">{TITLES[system]}</text>'
                f'<rect x="200" y="{y + 2}" width="{length:.1f}" height="{bar - 5}" rx="2" fill="{COLOURS[system]}"/>'
                f'<text x="{208 + length:.1f}" y="{y + 15}">{figures["rate"]:,.0f}/s</text>')
            y += bar
        y += top - bar
    style = "text{font:13px sans-serif;fill:#334155}.title{font-weight:bold}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}">'
        f'<title>Requests per second</title><style>{style}</style><rect width="100%" height="100%" fill="#fff"/>'
        + "\n".join(parts) + "</svg>\n")


class Rows:
    """What another measurement has found."""

    def __init__(self, title, heads, rows, is_right=True):
        self.title, self.heads, self.rows, self.is_right = title, heads, rows, is_right

    def json(self):
        return {"title": self.title, "rows": [dict(zip(self.heads, row)) for row in self.rows]}

    def markdown(self):
        return f"{self.title}\n\n" + markdown_table(self.heads, self.rows)

    def svg(self):
        return None


def write(folder, name, body, machine):
    """Prints the Markdown, and writes it and the rest into files."""
    setting = (
        "{date}: {cores} cores, {cpu}, Linux {kernel}; commit {commit}, {swift}; {nginx}; {php}; {wrk}; SQLite {sqlite}.".format(**machine))
    text = f"# Benchmark\n\n{setting}\n\n{body.markdown()}"
    if not body.is_right:
        text += (
            "\nSome answers were bad or did not come, or what was acknowledged is not stored: the figures of those systems mean"
            " nothing.\n")
    (folder / f"{name}.md").write_text(text)
    (folder / f"{name}.json").write_text(json.dumps({"machine": machine} | body.json(), indent=1) + "\n")
    if body.svg():
        (folder / f"{name}.svg").write_text(body.svg())
    print(text)
    print(f"Written to {folder}/{name}.md and beside it.")
