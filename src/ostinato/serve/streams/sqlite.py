"""The store in one file beside the server, for one process: SQLite."""

import os
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

from ostinato.errors import ArgumentError
from ostinato.serve.streams.asks import Id
from ostinato.serve.streams.store import Key, Row, Store, done

FORMAT = 1
"""Written into every file (``PRAGMA user_version``); a file of another one is refused."""

_TABLES = """
CREATE TABLE IF NOT EXISTS streams (
    model TEXT, fingerprint BLOB, client TEXT, id TEXT, number INTEGER NOT NULL, state BLOB NOT NULL,
    kept BLOB, touched REAL NOT NULL, sure INTEGER NOT NULL, PRIMARY KEY (model, fingerprint, client, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (started REAL NOT NULL, clean INTEGER NOT NULL);
"""
_PLACE = "model = ? AND fingerprint = ? AND client = ? AND id = ?"


class SqliteStore(Store):
    """States in one file, written by a thread of its own; what is committed outlives a power cut.

    Only the thread that writes touches the file. After a run that did not close it, every row is unsure:
    something may have come after it.

    Args:
        path: the file, made where there is none. One process at a time uses it.
        idle: rows that were not touched for so many seconds are dropped when it is opened.

    Raises:
        ArgumentError: the file is no such store, or another process has it.
    """

    def __init__(self, path: str | os.PathLike[str], idle: float) -> None:
        self._path = os.fspath(path)
        try:
            self._database = self._opened(idle)
        except sqlite3.Error as error:
            raise ArgumentError(
                f"{self._path}: {error}; expected a store of streams that no other server uses: "
                "name another file (--state-store), or stop the other server."
            ) from error
        self._keys = {*self._stored()}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store")

    def load(self, keys: Sequence[Key]) -> list[Row | None]:
        """Return the rows of these streams."""
        return [self._writer.submit(self._row, key).result() if key in self._keys else None for key in keys]

    def save(self, rows: Mapping[Key, Row]) -> Future[None]:
        """Keep rows, as soon as those before are written."""
        self._keys.update(rows)
        return self._writer.submit(self._write, dict(rows))

    def delete(self, keys: Iterable[Key]) -> Future[None]:
        """Forget streams, those that are yet to be written too."""
        known = [key for key in keys if key in self._keys]
        self._keys.difference_update(known)
        return self._writer.submit(self._remove, known) if known else done()

    def swap(self, key: Key, row: Row, expected: bytes | None) -> bool:
        """Keep a row: no other process has the file."""
        self.save({key: row}).result()
        return True

    def close(self, clean: bool) -> None:
        """Write what is left, and note whether all is there."""
        self._writer.shutdown(wait=True)
        with closing(self._database), self._database:
            self._database.execute("UPDATE runs SET clean = ?", (clean,))

    def _opened(self, idle: float) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=1, check_same_thread=False)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, FORMAT):
            raise ArgumentError(
                f"{self._path} is a store of format {found}; expected {FORMAT}: use another file."
            )
        with database:
            database.executescript(f"{_TABLES} PRAGMA user_version = {FORMAT};")
            if database.execute("SELECT 1 FROM runs WHERE NOT clean").fetchone():
                database.execute("UPDATE streams SET sure = 0")
            database.execute("DELETE FROM runs")
            database.execute("INSERT INTO runs VALUES (?, 0)", (time.time(),))
            database.execute("DELETE FROM streams WHERE touched < ?", (time.time() - idle,))
        return database

    def _stored(self) -> list[Key]:
        rows = self._database.execute("SELECT model, fingerprint, client, id FROM streams")
        return [Key(model, fingerprint, client, _id(text)) for model, fingerprint, client, text in rows]

    def _row(self, key: Key) -> Row | None:
        query = f"SELECT number, state, kept, touched, sure FROM streams WHERE {_PLACE}"
        found = self._database.execute(query, _place(key)).fetchone()
        if found is None:
            return None
        number, state, kept, touched, sure = found
        return Row(number, state, kept, touched, bool(sure))

    def _write(self, rows: Mapping[Key, Row]) -> None:
        values: list[tuple[Any, ...]] = [
            (*_place(key), row.number, row.state, row.kept, row.touched, row.sure)
            for key, row in rows.items()
        ]
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO streams VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values
            )

    def _remove(self, keys: Sequence[Key]) -> None:
        with self._database:
            self._database.executemany(f"DELETE FROM streams WHERE {_PLACE}", [_place(key) for key in keys])


def _place(key: Key) -> tuple[str, bytes, str, str]:
    return key.model, key.fingerprint, key.client, f"{'i' if isinstance(key.id, int) else 's'}{key.id}"


def _id(text: str) -> Id:
    return int(text[1:]) if text[0] == "i" else text[1:]
