"""The dashboards of scripts/grafana as a test reads them: every query of every file, and what Grafana makes of it."""
import glob
import json
import os
import re

FOLDER = "scripts/grafana"
PROMETHEUS, CLICKHOUSE = "prometheus", "grafana-clickhouse-datasource"


def load(source):
    """{file name: dashboard}"""
    found = {}
    for path in sorted(glob.glob(os.path.join(source, FOLDER, "*.json"))):
        with open(path, encoding="utf-8") as file:
            found[os.path.basename(path)] = json.load(file)
    assert len(found) >= 4, f"only {list(found)} in {FOLDER}"
    return found


def panels(dashboard):
    """Those that show something, those of collapsed rows included."""
    for panel in dashboard["panels"]:
        yield from (one for one in panel.get("panels", []))
        if panel["type"] != "row":
            yield panel


def kind(dashboard):
    """The type of its one data source."""
    return next(one["query"] for one in dashboard["templating"]["list"] if one["type"] == "datasource")


def queries(dashboard):
    """(panel, target) of each."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield panel, target


def variable_queries(dashboard):
    """(name, text) of the variables that are asked for."""
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            asked = variable["query"]
            yield variable["name"], asked if isinstance(asked, str) else asked["query"]


def seconds(text):
    """Of an interval as panels have it: "5m"."""
    number, unit = re.fullmatch(r"(\d+)([smhd])", text).groups()
    return int(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]


def interpolated(text, values):
    """Variables as Grafana replaces them: $name, ${name}, ${name:singlequote}; a list stands for a choice of several. One that
    is not known stays, as it does there."""
    def replace(match):
        name, form = match.group(1) or match.group(2), match.group(3)
        if name not in values:
            return match.group(0)
        value = values[name]
        chosen = value if isinstance(value, list) else [value]
        if form == "singlequote":
            return ",".join("'" + one.replace("'", "\\'") + "'" for one in chosen)
        assert form is None and (len(chosen) == 1 or not isinstance(value, list)), (text, name, "needs a format")
        return chosen[0]
    return re.sub(r"\$(?:(\w+)|\{(\w+)(?::(\w+))?\})", replace, text)


def without_macros(text, begin, end, interval):
    """SQL with the macros that the ClickHouse data source replaces, as it does (its README, "Macros")."""
    text = re.sub(r"\$__timeFilter\(([^()]*)\)", rf"\1 >= toDateTime({begin}) AND \1 <= toDateTime({end})", text)
    for macro, value in (("fromTime", f"toDateTime({begin})"), ("toTime", f"toDateTime({end})"), ("interval_s", str(max(interval, 1)))):
        text = re.sub(rf"\$__{macro}\b(?:\(\))?", value, text)
    assert "$" not in text, f"a macro or variable that nobody replaces: {text}"
    return text
