"""The rules: what every format calls a problem by, and what the user should know of it.

A code never changes its meaning and is never used again for another. The texts are the reference page of the rules,
``wheelclash rule CODE`` and the help in SARIF.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wheelclash.errors import QuestionError
from wheelclash.wording import near

__all__ = ["RULES", "Rule", "RuleCode", "rule_named"]

RuleCode = Literal[
    "WC001", "WC002", "WC003", "WC004", "WC005", "WC006",
    "WC011", "WC012", "WC013", "WC014", "WC015",
    "WC021", "WC022", "WC023", "WC024", "WC025",
    "WC031", "WC032", "WC033",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of problem.

    Attributes:
        code: ``WC`` and three digits.
        name: A few words with hyphens; the kind of an overlap or the code in the JSON where there is one.
        title: What it is, in one line.
        why: Why it matters, a few sentences.
        remedy: What to do, a few sentences.
    """

    code: RuleCode
    name: str
    title: str
    why: str
    remedy: str

    @property
    def line(self) -> str:
        """Return code, name and title on one line, for a list."""
        return f"{self.code}  {self.name:<14}  {self.title}"

    @property
    def text(self) -> str:
        """Return the whole text for a terminal, wrapped; it ends with a line break."""
        import textwrap

        parts = (f"{self.code} {self.name}: {self.title}.", f"Why it matters: {self.why}", f"What to do: {self.remedy}")
        wrap = textwrap.TextWrapper(width=100, break_long_words=False, break_on_hyphens=False)
        return "".join(f"{wrap.fill(part)}\n" for part in parts)

    @property
    def help(self) -> str:
        """Return the whole text as Markdown."""
        return f"{self.title}.\n\n**Why it matters.** {self.why}\n\n**What to do.** {self.remedy}\n"


RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule(
            "WC001",
            "different",
            "Distributions install different files at one path",
            "Only one content can be there. With pip it is that of the distribution installed last, in an order of its"
            " own; uv installs in parallel, so that any of them can be there, and of several files some may be"
            " one's and some the other's. What needs the other content fails, often with an import error that names"
            " neither. Uninstalling one distribution takes the file from the other.",
            "Install only one of them where that is possible. Else write the one you need again, last, by the command"
            " that the report shows, and keep it so with `wheelclash env --keep NAME`.",
        ),
        Rule(
            "WC002",
            "unknown",
            "Distributions install a file at one path, and its contents cannot be compared",
            "At least one RECORD gives no hash that can be used, or only lists the path without shipping a file. The"
            " contents may differ, as in WC001; in any case uninstalling one distribution takes the file from the"
            " other.",
            "As for WC001. The report names the distribution without a usable hash with `-v`.",
        ),
        Rule(
            "WC003",
            "identical",
            "Distributions install the same content at one path",
            "Nothing is wrong as long as both stay. Uninstalling or upgrading one of them takes the file from the"
            " other.",
            "Nothing today. After one of them was uninstalled, write the other again; `wheelclash env` tells whether"
            " anything is missing.",
        ),
        Rule(
            "WC004",
            "file-directory",
            "A distribution installs a file where another needs a folder",
            "Both cannot be installed: pip and uv stop with an error, and what they wrote by then stays.",
            "Install only one of them.",
        ),
        Rule(
            "WC005",
            "case-only",
            "Distributions install paths that differ only in upper and lower case, or in the Unicode form of a letter",
            "On file systems that take no account of it, as those of Windows and macOS, they are one path, and one"
            " content is lost. A folder keeps the spelling it was made with, and Python imports a package by that"
            " spelling alone.",
            "Install only one of them on such systems.",
        ),
        Rule(
            "WC006",
            "shadowed",
            "A module is hidden by another distribution's package, extension or module of the same name",
            "Python imports a package before an extension module, that before a source file, and any of them before a"
            " folder of the same name without an `__init__.py`. Both are installed, and one is never imported.",
            "Install only one of them, or ask the maintainers to rename one of the modules.",
        ),
        Rule(
            "WC011",
            "lost",
            "A file is lost when an older release is replaced",
            "The older release had recorded the file too. Replacing it removes the file after the other distribution"
            " wrote it, or the file cannot be written because something of the older release is in its way. Or the"
            " folder was made by `pip install --target`: pip leaves out top-level folders and files that are there"
            " already.",
            "Uninstall the older release first, by the commands that the report shows. A folder made by"
            " `pip install --target` is filled by one command, or by `uv pip install --target`.",
        ),
        Rule(
            "WC012",
            "unowned",
            "A file that no RECORD lists is overwritten",
            "Something other than an installer wrote the file: a build script, a package of the system or a hand. Its"
            " content is lost, and uninstalling the distribution removes the file.",
            "Find out what wrote the file before you install. `wheelclash who PATH` tells what is known of it.",
        ),
        Rule(
            "WC013",
            "refused",
            "An installer refuses a wheel",
            "The installation of the set stops there.",
            "Use another release or the other installer, and tell the maintainers of the wheel.",
        ),
        Rule(
            "WC014",
            "not-read",
            "Something could not be read, so nothing is known of it",
            "A clash with it would not be seen: the answer is incomplete, and the exit code is 3 at least.",
            "The reason says what is missing. `--allow-incomplete` accepts the answer as it is.",
        ),
        Rule(
            "WC015",
            "addition",
            "A release installs what lies outside of the packages that the release before it had",
            "A new import name may hide that of another project, or be one that a build left in by mistake, such as"
            " `tests`. A `.pth` or `.start` file and `sitecustomize` run code whenever Python starts, wherever the"
            " environment is used. An `__init__.py` in a namespace hides what other projects have in it.",
            "Publishers: leave out of the wheel what does not belong there, and declare the names that do with"
            " `Import-Name`. Users: read what the new files do before you take the release.",
        ),
        Rule(
            "WC021",
            "overwritten",
            "A file of an environment has the content of another distribution, or of none of its owners",
            "The distribution that lost the file does not work as its release does.",
            "`wheelclash fix --keep NAME` shows the commands that write it again.",
        ),
        Rule(
            "WC022",
            "missing-file",
            "An installed file is missing",
            "Usually another distribution with the same file was uninstalled, and the file went with it.",
            "Install the distribution again; `wheelclash fix` shows the command.",
        ),
        Rule(
            "WC023",
            "changed-file",
            "An installed file was changed after it was installed",
            "Its content is not what the RECORD of its only owner says. Something else wrote it.",
            "Install the distribution again if the change is not yours; `wheelclash fix` shows the command.",
        ),
        Rule(
            "WC024",
            "hybrid",
            "Of the files that distributions share, some are one's and some another's",
            "The files were not made to work together. This is what two installations at the same time leave.",
            "Choose one with `wheelclash fix --keep NAME`.",
        ),
        Rule(
            "WC025",
            "leftover",
            "Files that no distribution recorded are left in a folder",
            "Python still imports a package of which only such files are left.",
            "Remove the folder if nothing needs it.",
        ),
        Rule(
            "WC031",
            "undecided",
            "Nothing says which of the owners' files are wanted",
            "Several distributions own the files, and no keeper was named among them.",
            "Name the one you need with `--keep`.",
        ),
        Rule(
            "WC032",
            "does-not-last",
            "A keeper would not last while another distribution stays installed",
            "However late the keeper is written, imports find the other's module, or the other's code runs at every"
            " start of Python.",
            "Uninstall the other with `--drop`.",
        ),
        Rule(
            "WC033",
            "no-wheel",
            "What has to be written again has no wheel",
            "Only a wheel of the installed version can be written again.",
            "Name an index or a folder that has it, with `--index` or `--find-links`.",
        ),
    )
}
"""Every rule by its code, in order."""


def rule_named(text: str) -> Rule:
    """Return the rule of a code or name, in any case.

    Raises:
        QuestionError: There is none.
    """
    wanted = text.strip().casefold()
    for rule in RULES.values():
        if wanted in {rule.code.casefold(), rule.name}:
            return rule
    known = [name for rule in RULES.values() for name in (rule.code, rule.name)]
    raise QuestionError(f"There is no rule {text}.", near(text, known))
