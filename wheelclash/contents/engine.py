"""The engines that answer questions about a dataset: DuckDB in this process, or a Spark cluster that exists."""

from __future__ import annotations

import os
import tempfile
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from wheelclash.contents.expression import Tables
from wheelclash.contents.options import MEMORY
from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    import ibis.expr.types as ir

    from wheelclash.contents.dataset import Dataset

__all__ = ["DuckDB", "Engine", "Spark"]


class Engine:
    """Runs expressions over a dataset; to be closed.

    Attributes:
        backend: The Ibis backend.
        tables: Those of the dataset.
    """

    def __init__(self, backend: Any, dataset: Dataset) -> None:
        self.backend = backend
        self.dataset = dataset
        self._kept = 0
        self.tables = self.tables_of(dataset)

    def tables_of(self, dataset: Dataset) -> Tables:
        """Return the tables of a dataset."""
        self._kept += 1
        with self._running():
            return Tables(*(self._table(dataset.files(name), f"{name}_of_{self._kept}") for name in Tables._fields))

    def _table(self, files: Sequence[str], name: str) -> ir.Table:
        table: ir.Table = self.backend.read_parquet(files, table_name=name)
        return table

    def rows(self, expression: ir.Table) -> list[dict[str, Any]]:
        """Run an expression, and return its rows."""
        with self._running():
            return self._rows(expression)

    def _rows(self, expression: ir.Table) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.backend.to_pyarrow(expression).to_pylist()
        return rows

    def kept(self, expression: ir.Table) -> ir.Table:
        """Run an expression, and return its rows as a table of the engine."""
        with self._running():
            return self._keep(expression)

    def _keep(self, expression: ir.Table) -> ir.Table:
        table: ir.Table = expression.cache()
        return table

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Turn the errors of an engine into ours, in one line; what Ibis calls by an old name is no news to users."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                yield
            except Exception as error:
                reason = " ".join(str(error).split())[:300]
                raise QuestionError(f"The query engine failed: {type(error).__name__}: {reason}") from error

    def close(self) -> None:
        """End the engine."""
        self.backend.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class DuckDB(Engine):
    """DuckDB, in this process.

    Args:
        dataset: The dataset.
        memory: Bytes it may take; what does not fit is written to a temporary folder.
        threads: Threads; one for each processor by default.
    """

    def __init__(self, dataset: Dataset, *, memory: int = MEMORY, threads: int | None = None) -> None:
        import ibis

        self._spill = tempfile.TemporaryDirectory(prefix="wheelclash-", ignore_cleanup_errors=True)
        backend = ibis.duckdb.connect()
        settings = {
            "memory_limit": f"'{memory // 1024**2}MiB'",
            "temp_directory": "'" + self._spill.name.replace("'", "''") + "'",
            "preserve_insertion_order": "false",
            "enable_progress_bar": "false",
        }
        if threads is not None:
            settings["threads"] = str(threads)
        try:
            for name, value in settings.items():
                backend.raw_sql(f"SET {name} = {value}")
            super().__init__(backend, dataset)
        except BaseException:
            self._spill.cleanup()
            raise

    def _rows(self, expression: ir.Table) -> list[dict[str, Any]]:
        # Ibis imports pandas for this, which takes longer than most of the queries.
        table = self.backend.con.sql(self.backend.compile(expression)).to_arrow_table()
        rows: list[dict[str, Any]] = table.cast(expression.schema().to_pyarrow()).to_pylist()
        return rows

    def _keep(self, expression: ir.Table) -> ir.Table:
        self._kept += 1
        table: ir.Table = self.backend.create_table(f"kept_{self._kept}", expression, temp=True)
        return table

    def close(self) -> None:
        """End the engine, and remove what it wrote."""
        super().close()
        self._spill.cleanup()


class Spark(Engine):
    """A Spark cluster.

    Args:
        dataset: The dataset, in a place that the workers reach by the same path.
        master: The cluster: ``spark://host:7077``.
        options: Further settings of the session.
    """

    def __init__(self, dataset: Dataset, master: str, options: dict[str, str] | None = None) -> None:
        import ibis

        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise QuestionError(
                "--spark needs PySpark, which is not installed.", "Install the version that the cluster has."
            ) from error
        builder = SparkSession.builder.master(master).appName("wheelclash contents")
        for name, value in {"spark.ui.showConsoleProgress": "false", **(options or {})}.items():
            builder = builder.config(name, value)
        with self._running():
            self._session = builder.getOrCreate()
        super().__init__(ibis.pyspark.connect(self._session), dataset)

    def _table(self, files: Sequence[str], name: str) -> ir.Table:
        places = [f"file://{os.path.abspath(file)}" for file in files]  # noqa: PTH100
        self._session.read.parquet(*places).createOrReplaceTempView(name)  # Ibis takes one path alone
        table: ir.Table = self.backend.table(name)
        return table
