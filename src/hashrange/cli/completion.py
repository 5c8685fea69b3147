"""``hashrange completion``: a script that teaches a shell the commands and their options.

The scripts are made from the parser itself, so they know what it knows. Must not know any command by name.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct

from .shown import say


class Word(Struct, frozen=True):
    """An option: its spelling, its help, and whether a value follows it."""

    spelling: str
    text: str
    takes_value: bool


class Described(Struct, frozen=True):
    """A command as shells need it; ``choices`` are of its first argument."""

    name: str
    text: str
    options: tuple[Word, ...]
    choices: tuple[str, ...]


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
        actions: list[argparse.Action] = parser._actions
        words = [
            Word(spelling, action.help or "", takes_value=action.nargs != 0)
            for action in actions
            for spelling in action.option_strings
            if spelling.startswith("--") and action.help != argparse.SUPPRESS
        ]
        choices = next((tuple(map(str, each.choices)) for each in actions if each.choices), ())
        yield Described(name, texts.get(name, ""), tuple(words), choices)


def _bash(commands: tuple[Described, ...]) -> Iterator[str]:
    yield "# hashrange: completion for bash"
    yield "_hashrange() {"
    yield '    local word="${COMP_WORDS[COMP_CWORD]}" command="" options="" choices="" i'
    yield "    for ((i = 1; i < COMP_CWORD; i++)); do"
    yield '        if [[ "${COMP_WORDS[i]}" != -* ]]; then command="${COMP_WORDS[i]}"; break; fi'
    yield "    done"
    yield '    case "$command" in'
    yield f'        "") options="--help --version" choices="{" ".join(each.name for each in commands)}" ;;'
    for each in commands:
        options = " ".join(word.spelling for word in each.options)
        yield f'        {each.name}) options="{options}" choices="{" ".join(each.choices)}" ;;'
    yield "    esac"
    yield '    if [[ "$word" == -* ]]; then'
    yield '        COMPREPLY=($(compgen -W "$options" -- "$word"))'
    yield '    elif [[ -n "$choices" ]]; then'
    yield '        COMPREPLY=($(compgen -W "$choices" -- "$word"))'
    yield "    else"
    yield '        COMPREPLY=($(compgen -f -- "$word"))'
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
    yield "    if (( CURRENT == 2 )); then _describe command commands; return; fi"
    yield '    case "${words[2]}" in'
    for each in commands:
        yield f"        {each.name}) _arguments \\"
        for word in each.options:
            text = _quoted(word.text).replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
            yield f"            '{word.spelling}[{text}]{':value:_files' if word.takes_value else ''}' \\"
        rest = f"({' '.join(each.choices)})" if each.choices else "_files"
        yield f"            '*:argument:{rest}' ;;"
    yield "    esac"
    yield "}"
    yield 'if [ "${funcstack[1]}" = "_hashrange" ]; then _hashrange "$@"; else compdef _hashrange hashrange; fi'


def _fish(commands: tuple[Described, ...]) -> Iterator[str]:
    yield "# hashrange: completion for fish"
    for each in commands:
        yield f"complete -c hashrange -f -n __fish_use_subcommand -a {each.name} -d '{_fish_quoted(each.text)}'"
    for each in commands:
        seen = f"complete -c hashrange -n '__fish_seen_subcommand_from {each.name}'"
        if each.choices:
            yield f"{seen} -f -a '{' '.join(each.choices)}'"
        for word in each.options:
            value = " -r" if word.takes_value else ""
            yield f"{seen} -l {word.spelling.removeprefix('--')}{value} -d '{_fish_quoted(word.text)}'"


def _quoted(text: str) -> str:
    return text.replace("'", "'\\''").replace("%(default)s", "...")


def _fish_quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'").replace("%(default)s", "...")


_SCRIPTS: Final[dict[str, Callable[[tuple[Described, ...]], Iterator[str]]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
