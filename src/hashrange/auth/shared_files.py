"""The files ``~/.aws/config`` and ``~/.aws/credentials``: which profiles they hold, with which settings.

Owns their grammar, the AWS CLI's: ``[default]`` and ``[profile NAME]`` in the one, ``[NAME]`` in the other, which wins.
Must not know what a setting means. No error quotes a line: it may be the one with the secret key.

Source: AWS CLI User Guide, "Configuration and credential file settings".
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Final

from ..errors import InvalidCredentials
from .credentials import Secret
from .files import UnreadableFile, read_secret

_DEFAULT: Final = "default"


class Section(dict[str, str]):
    """The settings of one profile, names in lower case. Its ``repr`` shows no value."""

    def __repr__(self) -> str:
        return f"<Section of {len(self)} settings>"


@dataclass(frozen=True, slots=True)
class SharedFiles:
    """Where the two files are."""

    credentials: str
    config: str

    def __str__(self) -> str:
        return f"{self.credentials}, {self.config}"

    async def profiles(self) -> dict[str, Section]:
        """Every profile of both files; a file that does not exist has none.

        Raises:
            InvalidCredentials: a file cannot be read, or does not have the grammar; names the file and the line.
        """
        found: dict[str, Section] = {}
        for name, section in (await _sections(self.config)).items():
            profile = _profile_of_config(name)
            # "[profile default]" wins over "[default]", wherever they stand
            if profile is not None and not (name == _DEFAULT and _DEFAULT in found):
                found[profile] = section
        for name, section in (await _sections(self.credentials)).items():
            found[name] = Section({**found.get(name, {}), **section})
        return found


def _profile_of_config(section: str) -> str | None:
    """The profile that a section of the config file is about, or None."""
    if section == _DEFAULT:
        return section
    try:
        words = shlex.split(section)
    except ValueError:
        return None
    return words[1] if len(words) == 2 and words[0] == "profile" else None


async def _sections(path: str) -> dict[str, Section]:
    try:
        text = await read_secret(path)
    except UnreadableFile as error:
        if error.missing:
            return {}
        raise InvalidCredentials(str(error), hint="AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE names it") from None
    outcome = _parsed(text)
    if isinstance(outcome, int):
        raise InvalidCredentials(
            f"{path} cannot be read: line {outcome} is neither a section nor a setting, or repeats one",
            hint="a section is '[name]' and a setting 'name = value'; each stands there once",
        )
    return outcome


def _parsed(text: Secret) -> dict[str, Section] | int:
    """The sections of a file, or the number of a line that is wrong."""
    import configparser  # only those who have such files pay for this import

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text.reveal())
    except configparser.Error as error:
        # most of its kinds know one line; the plain ParsingError gathers all of them, with their text
        line: int | None = getattr(error, "lineno", None)
        return line if line is not None else next((line for line, _ in getattr(error, "errors", ())), 0)
    return {name: Section(parser.items(name)) for name in parser.sections()}
