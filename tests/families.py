"""Compare every family of ``data/families.toml`` on the package index again: ``nox -s families``.

Projects are asked for by name, one family after the other. ``--write`` puts what was found into the list and into the
table of its documentation page; arguments name families.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from wheelclash import QuestionError, Report, Session, target_for

ROOT = Path(__file__).parents[1]
LIST = ROOT / "data" / "families.toml"
PAGE = ROOT / "docs" / "reference" / "families.md"


def evidence(report: Report) -> str:
    """What a comparison found, as the list has it; why there is none, if something could not be read."""
    for skip in (*report.skipped, *report.not_compared):
        return f"not compared: {skip.requirement}: {skip.reason}"
    named = " and ".join(f"{each.name} {each.version}" for each in report.distributions)
    counts = {
        "error": report.summary.errors, "warning": report.summary.warnings, "notice": report.summary.notices,
    }  # fmt: skip
    found = [f"{count:,} {word}{'s' if count != 1 else ''}" for word, count in counts.items() if count]
    return f"{named}: {', '.join(found) or 'nothing'}"


def compare(family: dict[str, Any], session: Session) -> str:
    """Compare the releases that a family names, or its first two members."""
    pair = family.get("compare", family["members"][:2])
    target = target_for("3.12", "x86_64-manylinux_2_28")
    try:
        return evidence(
            session.check(pair, target=target, deps=False, build=family.get("build", False), use_config=False)
        )
    except QuestionError as error:
        return f"not compared: {error}"


def table(families: list[dict[str, Any]]) -> str:
    """The table of the documentation page."""
    rows = ["| family | members | share | what to do | evidence |", "|---|---|---|---|---|"]
    for family in families:
        members = ", ".join(f"`{name}`" for name in family["members"])
        members += f"; meta package `{family['meta']}`" if "meta" in family else ""
        rows.append(f"| {family['name']} | {members} | {family['shares']} | {family['note']} | {family['evidence']} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Compare, and say what has changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    text = LIST.read_text("utf-8")
    changed = 0
    with Session() as session:
        for family in tomllib.loads(text)["family"]:
            name, before = family["name"], family["evidence"]
            if (options.names and name not in options.names) or family.get("compare") == []:
                continue
            now = compare(family, session)
            if now == before:
                sys.stdout.write(f"{name}: as before\n")
                continue
            changed += 1
            sys.stdout.write(f"{name}:\n  was {before}\n  is  {now}\n")
            if options.write and not now.startswith("not compared"):
                line = re.compile(rf'(^name = "{re.escape(name)}"\n(?:(?!\[\[).*\n)*?evidence = ).*$', re.MULTILINE)
                text = line.sub(rf'\g<1>"{now}"', text, count=1)
    if options.write:
        LIST.write_text(text, "utf-8")
        page = re.sub(r"^\| family \|(?:.*\n)*?(?=\n)", table(tomllib.loads(text)["family"]), PAGE.read_text("utf-8"),
                      flags=re.MULTILINE)  # fmt: skip
        PAGE.write_text(page, "utf-8")
    sys.exit(1 if changed and not options.write else 0)


if __name__ == "__main__":
    main()
