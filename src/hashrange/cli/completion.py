"""``hashrange completion``: a script that teaches a shell the commands and their options.

The scripts are made from the parser itself, so they know what it knows. Must not know any command by name.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from .shown import say

Value: TypeAlias = Literal["", "text", "file"]


class Word(Struct, frozen=True):
    """An option: its spelling, its help, and how many values of what kind follow it.

    Attributes:
        value: what follows; "": nothing.
        values: how many; 0: one that may be left out.
        repeated: whether it may be given several times.
    """

    spelling: str
    text: str
    value: Value = ""
    values: int = 1
    repeated: bool = False


class Place(Struct, frozen=True):
    """An argument that is told by its place; one of ``choices``, if there are any."""

    name: str
    value: Value
    choices: tuple[str, ...]


class Described(Struct, frozen=True):
    """A command as shells need it."""

    name: str
    text: str
    options: tuple[Word, ...]
    places: tuple[Place, ...]

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be typed in any place."""
        return tuple(choice for place in self.places for choice in place.choices)

    @property
    def takes_file(self) -> bool:
        return any(place.value == "file" for place in self.places)


def add_completion(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "completion",
        help="a script for your shell that completes commands and options",
        description='Print the script. bash and zsh: eval "$(hashrange completion bash)" in the start-up file; fish: '
        "hashrange completion fish > ~/.config/fish/completions/hashrange.fish",
    )
    parser.add_argument("shell", metavar="SHELL", choices=tuple(_SCRIPTS), help=f"one of {', '.join(_SCRIPTS)}")
    parser.set_defaults(run=lambda options: completion(options, commands), parser=parser)


def completion(options: argparse.Namespace, commands: argparse._SubParsersAction[Any]) -> int:
    """Run the command."""
    for line in _SCRIPTS[options.shell](tuple(described(commands))):
        say(line)
    return 0


def described(commands: argparse._SubParsersAction[Any]) -> Iterator[Described]:
    """Every command with its options, from the parsers."""
    texts = {choice.dest: choice.help or "" for choice in commands._choices_actions}
    for name, parser in commands.choices.items():
        actions = list(_actions(parser))
        words = [
            Word(spelling, action.help or "", _value(action), _count(action), repeated=type(action) in _APPENDS)
            for action in actions
            for spelling in action.option_strings
            if spelling.startswith("--") and action.help != argparse.SUPPRESS
        ]
        places = [
            Place(str(action.metavar or action.dest), _value(action), tuple(map(str, action.choices or ())))
            for action in actions
            if not action.option_strings
        ]
        once = {word.spelling: word for word in words}
        yield Described(name, texts.get(name, ""), tuple(once.values()), tuple(places))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Options and arguments of a command, and of the commands within it."""
    yield from parser._actions
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _actions(inner)


def _value(action: argparse.Action) -> Value:
    if action.nargs == 0:
        return ""
    return "file" if action.type is Path else "text"


def _count(action: argparse.Action) -> int:
    if action.nargs == "?":
        return 0
    return action.nargs if isinstance(action.nargs, int) else 1


def _bash(commands: tuple[Described, ...]) -> Iterator[str]:
    yield "# hashrange: completion for bash"
    yield "_hashrange() {"
    yield '    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" command="" i'
    yield '    local options="" choices="" files="" texts=" " paths=" "'
    yield "    COMPREPLY=()"
    yield "    for ((i = 1; i < COMP_CWORD; i++)); do"
    yield '        if [[ "${COMP_WORDS[i]}" != -* ]]; then command="${COMP_WORDS[i]}"; break; fi'
    yield "    done"
    yield '    case "$command" in'
    yield f'        "") options="{" ".join(_TOP)}" choices="{" ".join(each.name for each in commands)}" ;;'
    for each in commands:
        kinds = {kind: [word.spelling for word in each.options if word.value == kind] for kind in ("text", "file")}
        optional = {word.spelling for word in each.options if word.values == 0}
        yield f'        {each.name}) options="{" ".join(word.spelling for word in each.options)}"'
        yield f'            texts=" {" ".join(one for one in kinds["text"] if one not in optional)} "'
        yield f'            paths=" {" ".join(kinds["file"])} "'
        yield f'            choices="{" ".join(each.choices)}" files="{"yes" if each.takes_file else ""}" ;;'
    yield "    esac"
    yield '    if [[ "$texts" == *" $before "* ]]; then return; fi'
    yield '    if [[ "$paths" == *" $before "* ]]; then'
    yield '        choices="" files="yes"'
    yield '    elif [[ "$word" == -* ]]; then'
    yield '        choices="$options" files=""'
    yield "    fi"
    yield '    if [[ -n "$choices" ]]; then COMPREPLY=($(compgen -W "$choices" -- "$word")); fi'
    yield '    if [[ -n "$files" ]]; then'
    yield "        local IFS=$'\\n'"
    yield '        COMPREPLY+=($(compgen -f -- "$word"))'
    yield "    fi"
    yield "}"
    yield "complete -o filenames -F _hashrange hashrange"


def _zsh(commands: tuple[Described, ...]) -> Iterator[str]:
    yield "#compdef hashrange"
    yield "_hashrange() {"
    yield "    local -a commands=("
    for each in commands:
        yield f"        '{each.name}:{_quoted(each.text)}'"
    yield "    )"
    yield "    if (( CURRENT == 2 )); then"
    yield f"        if [[ $PREFIX == -* ]]; then compadd -- {' '.join(_TOP)}; else _describe command commands; fi"
    yield "        return"
    yield "    fi"
    yield '    local command="${words[2]}"'
    yield "    shift words; (( CURRENT -= 1 ))"
    yield '    case "$command" in'
    for each in commands:
        yield f"        {each.name}) _arguments \\"
        for word in each.options:
            text = _quoted(word.text).replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
            follows = f"{'::' if word.values == 0 else ':'}value:{_ACTIONS[word.value]}" if word.value else ""
            spelling = f"*{word.spelling}" if word.repeated else word.spelling
            yield f"            '{spelling}[{text}]{follows * max(word.values, 1)}' \\"
        for place in each.places:
            offered = f"({' '.join(place.choices)})" if place.choices else _ACTIONS[place.value]
            yield f"            ':{place.name}:{offered}' \\"
        yield "            ;;"
    yield "    esac"
    yield "}"
    yield 'if [ "${funcstack[1]}" = "_hashrange" ]; then _hashrange "$@"; else compdef _hashrange hashrange; fi'


def _fish(commands: tuple[Described, ...]) -> Iterator[str]:
    yield "# hashrange: completion for fish"
    for name in _TOP:
        yield f"complete -c hashrange -n __fish_use_subcommand -l {name.removeprefix('--')}"
    for each in commands:
        yield f"complete -c hashrange -f -n __fish_use_subcommand -a {each.name} -d '{_fish_quoted(each.text)}'"
    for each in commands:
        seen = f"complete -c hashrange -n '__fish_seen_subcommand_from {each.name}'"
        if not each.takes_file:
            yield f"{seen} -f"
        if each.choices:
            yield f"{seen} -a '{' '.join(each.choices)}'"
        for word in each.options:
            value = "" if not word.value or word.values == 0 else " -r -F" if word.value == "file" else " -x"
            yield f"{seen} -l {word.spelling.removeprefix('--')}{value} -d '{_fish_quoted(word.text)}'"


def _quoted(text: str) -> str:
    return text.replace("'", "'\\''").replace("%(default)s", "...")


def _fish_quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'").replace("%(default)s", "...")


_APPENDS: Final = (argparse._AppendAction,)
_TOP: Final = ("--help", "--version")
#: what zsh offers for a value: nothing, and options all the same
_ACTIONS: Final[dict[Value, str]] = {"text": "( )", "file": "_files"}
_SCRIPTS: Final[dict[str, Callable[[tuple[Described, ...]], Iterator[str]]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
