"""Moving the rows that are there: from the source into the tables of a contract, or into files for a bulk import.

``Backfill`` writes to tables, ``S3Export`` to files, ``dry_run`` nowhere; ``dask`` runs the same chunks on a cluster.
"""

from __future__ import annotations

from .dry_run import DryRun, EntitySizes, dry_run
from .options import Options
from .pace import paced
from .progress import Counts, Progress, Report
from .run import Backfill
from .s3_format import S3Export

__all__ = [
    "Backfill", "Counts", "DryRun", "EntitySizes", "Options", "Progress", "Report", "S3Export", "dry_run", "paced",
]  # fmt: skip
