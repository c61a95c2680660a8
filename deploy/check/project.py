"""What the checks of the deployment share: where things are, how files are read, and which metrics there are."""

import json
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
OPERATIONS = ROOT / "docs" / "operations.md"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "trunkline.json"
DATASOURCES = DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yaml"

# What Prometheus itself makes.
BUILT_IN = {"up", "ALERTS"}
SUFFIXES = ("_bucket", "_sum", "_count")
METRIC = re.compile(r"\btrunkline_[a-z0-9_]+\b(?!::)")


def alerts():
    """Every alert of the rules, as it is written there."""
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard():
    return json.loads(DASHBOARD.read_text())


def queries():
    """(panel's title, query) for every query of the dashboard."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def without_variables(query):
    """A query as Grafana would send it."""
    return query.replace("$__rate_interval", "1m").replace("$__range", "1h")


def declared_metrics():
    """name -> kind of every metric that the sources describe to the recorder."""
    sources = [*ROOT.glob("crates/*/src/**/*.rs"), *ROOT.glob("bins/trunkline/src/**/*.rs")]
    metrics = {}
    for source in sources:
        text = source.read_text()
        names = dict(re.findall(r'const (\w+): &str = "(trunkline_\w+)"', text))
        for kind, name in re.findall(r'describe_(counter|gauge|histogram)!\(\s*("trunkline_\w+"|\w+)', text):
            metrics[name.strip('"') if name.startswith('"') else names[name]] = kind
    return metrics


def metric_of(name, metrics):
    """The metric that a series belongs to: a histogram has three."""
    for suffix in SUFFIXES:
        base = name.removesuffix(suffix)
        if base != name and metrics.get(base) == "histogram":
            return base
    return name
