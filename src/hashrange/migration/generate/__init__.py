"""Data access by a contract, as source text: the same repositories as at run time, with types and signatures to read.

``package`` makes every file's text, ``files`` writes them and knows which of them somebody has changed; ``entities``,
``entity_tests``, ``readme`` and ``literals`` make the text of one file each.
"""

from __future__ import annotations

from .files import GeneratedFile, Outcome, check_files, write_files
from .package import generated_package

__all__ = ["GeneratedFile", "Outcome", "check_files", "generated_package", "write_files"]
