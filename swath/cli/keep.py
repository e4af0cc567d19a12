"""``swath backup``, ``restore``, ``export`` and ``offload``: what a service knows, kept safe and taken elsewhere."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

__all__ = ["backup", "export", "offload", "restore"]


def backup(mission_dir: Path, /, *, out: Path) -> int:
    """Copy a service's database into one file while it runs: orders, people, history, the index of scenes.

    Example: swath backup out/demo --out backups/monday.sqlite

    Parameters
    ----------
    mission_dir
        The mission's folder. Its pictures are files: copy them as files.
    out
        The file to make.
    """
    from swath.store.backup import backup as copy
    from swath.store.database import open_database

    with closing(open_database(mission_dir, create=False)) as db:
        size = copy(db, out)
    print(f"{out}: {size / 1e6:.1f} MB, whole. Put it back with: swath restore {out} {mission_dir}")
    return 0


def restore(file: Path, mission_dir: Path, /, *, replace: bool = False) -> int:
    """Put a backup back, while no service and no worker uses the database.

    Example: swath restore backups/monday.sqlite out/demo --replace

    Parameters
    ----------
    file
        A file of swath backup.
    mission_dir
        The mission's folder.
    replace
        Also where there is a database; that one stays beside it as .before.
    """
    from swath.store.backup import restore as put_back

    print(f"{put_back(file, mission_dir, replace=replace)} is in place.")
    return 0


def export(
    mission_dir: Path,
    collection: str,
    /,
    *,
    out: Path,
    address: str = "http://127.0.0.1:8000",
    database: str | None = None,
) -> int:
    """Write the items of a collection for other catalogues: STAC-GeoParquet, or lines for pgstac.

    Example: swath export out/demo scenes --out scenes.parquet

    Parameters
    ----------
    mission_dir
        The mission's folder.
    collection
        scenes, products ...
    out
        A file .parquet, or .ndjson (pypgstac load items FILE).
    address
        Where the service is reached: links and files begin with it.
    database
        As given to swath serve.
    """
    from swath.operate.export_items import export_items
    from swath.store.database import open_database

    with closing(open_database(database or mission_dir, create=False)) as db:
        number = export_items(db, collection, out, address=address)
    print(f"{out}: {number} items")
    return 0


def offload(
    mission_dir: Path, /, *, to: str, collection: str = "", keep: bool = False, database: str | None = None
) -> int:
    """Move the files of items to an S3-compatible object storage; the service serves them as before.

    Example: swath offload out/demo --to s3://bucket/demo

    Keys come from the environment (AWS_ACCESS_KEY_ID ...; AWS_ENDPOINT_URL for another than Amazon's). What is served
    is fetched once and stays a while in the mission's folder. Products and watches read pictures of the folder alone:
    keep theirs here.

    Parameters
    ----------
    mission_dir
        The mission's folder.
    to
        s3://bucket/folder, or another storage that fsspec knows (gs://, az://, a file:// that is mounted).
    collection
        scenes, products ...; all where it is left out.
    keep
        Leave the files here, too.
    database
        As given to swath serve.
    """
    from swath.cli.progress import progress_bar
    from swath.store.database import open_database
    from swath.store.objects import offload as move

    with closing(open_database(database or mission_dir, create=False)) as db, progress_bar("offload") as bar:
        moved = move(db, mission_dir, to, collection=collection, keep=keep, progress=bar)
    print(f"{moved.file_count} files, {moved.size_bytes / 1e6:.1f} MB are in {to}.")
    return 0
