"""The deployment's files against themselves, each other, the documents and the sources. Nothing is started.

Usage: files.py compose | image | metrics | alerts | dashboard | context FOLDER
"""

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import yaml
from compose_spec import PyCompose

from project import (
    DATASOURCES,
    DEPLOY,
    METRIC,
    OPERATIONS,
    ROOT,
    SUFFIXES,
    alerts,
    dashboard,
    declared_metrics,
    metric_of,
    queries,
    without_variables,
)

faults = []
SECRET = re.compile(r"PASSWORD|TOKEN|SECRET|_KEY$")
# An image, and a tag that names one release.
PINNED = re.compile(r"^[a-z0-9./-]+:v?\d[\w.-]*\.\d[\w.-]*$|^[a-z]+:[a-z]+-\d{8}(-slim)?$")


def claim(truth, otherwise):
    if not truth:
        faults.append(otherwise)


# --- compose.yaml -------------------------------------------------------------------------------------------------


def compose():
    text = (DEPLOY / "compose.yaml").read_text()
    variables = set(re.findall(r"\$\{(\w+)", text))
    example = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / ".env.example").read_text(), re.M))
    claim(variables == set(example), f"compose.yaml and .env.example differ in {sorted(variables ^ set(example))}")
    claim(
        "${" not in re.sub(r"\$\{\w+:(\?[^}]*|-)\}", "", text),
        "compose.yaml has a variable with neither `:?` nor `:-`: it does not say whether it may be empty",
    )
    for name, value in example.items():
        claim(not (SECRET.search(name) and value), f".env.example has a value for {name}")

    plain = yaml.safe_load(text)
    filled = yaml.safe_load(re.sub(r"\$\{(\w+)[^}]*\}", lambda found: example[found[1]] or "x", text))
    parsed = PyCompose.from_yaml(yaml.safe_dump(filled))
    parsed.validate()
    services = filled["services"]
    for name, service in services.items():
        compose_service(name, service, plain["services"][name], filled)
    servers(services)
    provider = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/trunkline.yaml").read_text())["providers"][0]
    mounted = f"./grafana/dashboards:{provider['options']['path']}:ro"
    claim(mounted in services["grafana"]["volumes"], f"Grafana looks for dashboards in {provider['options']['path']}")
    return f"{len(services)} services"


def compose_service(name, service, plain, whole):
    claim(
        service["image"].startswith("trunkline:") or PINNED.match(service["image"]),
        f"{name}: {service['image']} is not pinned",
    )
    claim(
        "privileged" not in service and "no-new-privileges:true" in service["security_opt"],
        f"{name} may gain privileges",
    )
    for variable, value in plain.get("environment", {}).items():
        claim(
            not SECRET.search(variable) or str(value).startswith("${"), f"{name}: {variable} is written in compose.yaml"
        )
        claim(not re.search(r"://\w+:(?!\$\{)", str(value)), f"{name}: {variable} has a password in compose.yaml")
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("."):
            claim((DEPLOY / source).resolve().exists(), f"{name}: {source} does not exist")
        else:
            claim(source in whole["volumes"], f"{name}: the volume {source} is not declared")
    for port in service.get("ports", []):
        claim(name == "proxy" or port.startswith("127.0.0.1:"), f"{name}: {port} is published to the outside")
    waited_for = service.get("depends_on", {})
    for other, how in waited_for.items() if isinstance(waited_for, dict) else ((other, {}) for other in waited_for):
        awaited, condition = whole["services"].get(other), how.get("condition")
        claim(awaited, f"{name} waits for {other}, which does not exist")
        if not awaited:
            continue
        if condition == "service_healthy":
            claim("healthcheck" in awaited or awaited["image"].startswith("trunkline:"), f"{other} has no healthcheck")
        if condition == "service_completed_successfully":
            claim(awaited.get("restart") == "no", f"{other} is started again when it has ended")
    if "build" in service:
        claim(
            (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).exists(),
            f"{name}: no such Dockerfile",
        )


def servers(services):
    """The servers, as compose.yaml, Prometheus and the proxy know them, and their settings as the program does."""
    names = {name for name in services if re.fullmatch(r"trunkline-\d+", name)}
    claim(len(names) >= 2, "compose.yaml has fewer than two servers")
    known = set(re.findall(r"^#?(\w+)=", (ROOT / ".env.example").read_text(), re.M))
    ports = set()
    for name in names:
        unknown = set(services[name]["environment"]) - known
        claim(not unknown, f"{name}: the program has no setting {sorted(unknown)}")
        claim("ports" not in services[name], f"{name} is published beside the proxy")
        ports.add(services[name]["environment"].get("METRICS_LISTEN", "nowhere").rsplit(":", 1)[-1])
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    targets = {
        target
        for job in scraped
        if job["job_name"] == "trunkline"
        for some in job["static_configs"]
        for target in some["targets"]
    }
    claim(targets == {f"{name}:{port}" for name in names for port in ports}, f"Prometheus asks {sorted(targets)}")
    upstreams = set(re.search(r"reverse_proxy (.*) \{", (DEPLOY / "caddy" / "Caddyfile").read_text())[1].split())
    claim(upstreams == {f"{name}:8080" for name in names}, f"the proxy sends requests to {sorted(upstreams)}")


# --- Dockerfile ---------------------------------------------------------------------------------------------------


def instructions():
    """(instruction, rest) of the Dockerfile, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.M)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            instruction, rest = line.split(maxsplit=1)
            yield instruction, " ".join(rest.split())


def stages():
    """A list of instructions for each FROM, which is its first."""
    found = []
    for instruction, rest in instructions():
        known = "FROM RUN COPY ENV USER WORKDIR VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD ARG LABEL"
        claim(instruction in known.split(), f"Dockerfile: {instruction} is not an instruction that is used here")
        if instruction == "FROM":
            found.append([])
        found[-1].append((instruction, rest))
    return found


def copied(stage):
    """What a stage takes from the repository."""
    for instruction, rest in stage:
        if instruction == "COPY" and "--from=" not in rest:
            yield from [word for word in rest.split() if not word.startswith("--")][:-1]
        if instruction == "RUN":
            yield from re.findall(r"type=bind,source=([^,\s]+)", rest)


def image():
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]
    build, final = stages()
    for stage in (build, final):
        base = stage[0][1].split(" AS ")[0]
        claim(PINNED.match(base), f"Dockerfile: {base} is not pinned to one release")
    rust = tuple(map(int, re.match(r"rust:(\d+)\.(\d+)", build[0][1]).groups()))
    claim(rust >= tuple(map(int, cargo["rust-version"].split("."))), f"Dockerfile: Rust {rust} is too old")
    last = dict(final)
    user = last.get("USER", "root").split(":")[0]
    claim(user.isdigit() and user != "0", f"Dockerfile: USER is {user}, not a number above 0")
    claim("HEALTHCHECK" in last, "Dockerfile: there is no HEALTHCHECK")
    claim(
        last["ENTRYPOINT"] == '["trunkline"]', "Dockerfile: the program is not the first process, which signals reach"
    )
    order = [instruction for instruction, _ in final]
    claim(
        order.index("USER") > max(at for at, each in enumerate(order) if each in ("RUN", "COPY")),
        "Dockerfile: a step runs after USER",
    )
    steps = (DEPLOY / "build-image-steps").read_text()
    claim(f"OWNER={user}\n" in steps, f"build-image-steps makes another user than {user}")

    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = [line[1:] for line in ignored if line.startswith("!")]
    for source in (source for stage in (build, final) for source in copied(stage)):
        claim((ROOT / source).exists(), f"Dockerfile: {source} does not exist")
        claim(
            any(source == each or source.startswith(f"{each}/") for each in let_in),
            f"Dockerfile.dockerignore keeps {source} out",
        )
    claim(
        f"trunkline:{cargo['version']}" in (DEPLOY / "Dockerfile").read_text(),
        "Dockerfile: its first lines name another version",
    )
    claim(
        f"TRUNKLINE_VERSION={cargo['version']}\n" in (DEPLOY / ".env.example").read_text(),
        ".env.example names another version",
    )
    return f"two stages, user {user}, {build[0][1].split()[0]} and {final[0][1]}"


def context(folder):
    """Lays out what the first stage sees, from the project's files; nothing that its sources include is outside."""
    out = Path(folder)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *copied(stages()[0])],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    for name in filter(lambda name: (ROOT / name).is_file(), listed):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, out / name)
    including = re.compile(r'(?:include_str|include_bytes|include|migrate)!\(\s*"([^"]+)"')
    for source in [*out.glob("crates/*/src/**/*.rs"), *out.glob("bins/*/src/**/*.rs")]:
        for included in including.findall(source.read_text()):
            # sqlx::migrate! starts from the crate's folder, include_str! from the file's.
            package = next(each for each in source.parents if (each / "Cargo.toml").exists())
            there = (package / included).exists() or (source.parent / included).exists()
            claim(there, f"{source.relative_to(out)} includes {included}, which the image's build does not see")
    return f"{len(listed)} files"


# --- Metrics, alerts, dashboard -----------------------------------------------------------------------------------


def metrics():
    known = declared_metrics()
    claim(len(known) > 20, f"only {len(known)} metrics were found in the sources")
    texts = {
        "alerts.yml": " ".join(alert["expr"] for alert in alerts()),
        "alerts.test.yml": " ".join(
            re.findall(r"series: '([^']+)'", (DEPLOY / "prometheus" / "alerts.test.yml").read_text())
        ),
        "trunkline.json": " ".join(query for _, query in queries()),
        "operations.md": OPERATIONS.read_text(),
    }
    for file, text in texts.items():
        for name in sorted(set(METRIC.findall(text))):
            if name.endswith("_"):
                continue
            claim(metric_of(name, known) in known, f"{file}: the program has no metric {name}")
            claim(
                file == "operations.md" or known.get(name) != "histogram",
                f"{file}: {name} is a histogram: {' or '.join(SUFFIXES)}",
            )
    undocumented = set(known) - set(METRIC.findall(texts["operations.md"]))
    claim(not undocumented, f"operations.md does not name {sorted(undocumented)}")
    return f"{len(known)} metrics"


def alert_conditions():
    """The expressions in the tables of operations.md, "What to alarm on"."""
    section = OPERATIONS.read_text().split("\n## What to alarm on\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        cells = re.split(r"(?<!\\)\|", line)
        if len(cells) == 4:
            spans = re.findall(r"`([^`]+)`", cells[1].replace("\\|", "|"))
            yield from (span for span in spans if "trunkline_" in span or re.match(r"up\b", span))


def anchors(file):
    for heading in re.findall(r"^#+ +(.*)$", file.read_text(), re.M):
        yield re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")


def squeezed(expression):
    return re.sub(r"\s+", "", expression)


def alert_rules():
    rules = alerts()
    expressions = [squeezed(rule["expr"]) for rule in rules]
    conditions = list(alert_conditions())
    claim(len(conditions) > 10, f"only {len(conditions)} conditions were found in operations.md")
    for condition in conditions:
        whole = re.compile(re.escape(squeezed(condition)) + r"(?![\w.])")
        claim(any(whole.search(each) for each in expressions), f"no alert for `{condition}` of operations.md")
    tested = (DEPLOY / "prometheus" / "alerts.test.yml").read_text()
    for rule in rules:
        name = rule["alert"]
        claim(rule["labels"]["severity"] in ("wake", "next_day"), f"{name}: severity is neither wake nor next_day")
        file, _, anchor = rule["annotations"]["runbook"].partition("#")
        claim((ROOT / file).exists() and anchor in anchors(ROOT / file), f"{name}: {file}#{anchor} leads nowhere")
        claim(re.search(rf"alertname: {name}\b", tested), f"{name} has no test in alerts.test.yml")
    return f"{len(rules)} alerts for {len(conditions)} conditions"


def panels():
    whole = dashboard()
    source = yaml.safe_load(DATASOURCES.read_text())["datasources"][0]
    taken = {}
    for panel in whole["panels"]:
        title, place = panel["title"], panel["gridPos"]
        for cell in (
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ):
            claim(cell not in taken and cell[0] < 24, f"the panels {title!r} and {taken.get(cell)!r} overlap")
            taken[cell] = title
        if panel["type"] != "row":
            claim(panel["targets"], f"{title!r} asks nothing")
            asked = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
            claim(all(each["uid"] == source["uid"] for each in asked), f"{title!r} asks another data source")
    numbers = [panel["id"] for panel in whole["panels"]]
    claim(len(set(numbers)) == len(numbers), "two panels have one id")

    # Recording rules have the same grammar, and promtool reads them.
    rules = [
        {"record": f"panel:{number}", "expr": without_variables(query)} for number, (_, query) in enumerate(queries())
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
        file.flush()
        verdict = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
    claim(verdict.returncode == 0, f"a query of the dashboard is wrong: {verdict.stderr}")
    return f"{len(numbers)} panels, {len(rules)} queries"


def main():
    what, *rest = sys.argv[1:] or [""]
    checks = {
        "compose": compose,
        "image": image,
        "metrics": metrics,
        "alerts": alert_rules,
        "dashboard": panels,
        "context": context,
    }
    if what not in checks:
        sys.exit(__doc__)
    summary = checks[what](*rest)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(summary)
    sys.exit(1 if faults else 0)


main()
