"""The same question on a Spark cluster: a standalone master and two workers, processes on the loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.benchmark.contents import write_dataset
from tests.support.command import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.cluster

_ROWS = int(float(os.environ.get("WHEELCLASH_CLUSTER_ROWS", "300000")))
_PATIENCE = 900


@dataclass
class Cluster:
    """A master and its workers.

    Attributes:
        folder: Where they work.
        url: The master's.
        workers: By number.
        environ: The environment of all.
    """

    folder: Path
    url: str
    workers: dict[int, subprocess.Popen[bytes]]
    environ: dict[str, str]

    def start(self, stack: ExitStack, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a process of Spark in a group of its own."""
        import pyspark

        log = stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            [str(Path(pyspark.__file__).parent / "bin" / "spark-class"), *arguments],
            env=self.environ,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        stack.callback(self.kill, process)
        return process

    @staticmethod
    def kill(process: subprocess.Popen[bytes]) -> None:
        """End a process and what it started, without a word to it."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def executors(self, number: int) -> list[Path]:
        """The folders of the executors that a worker has started."""
        return list((self.folder / f"work-{number}").glob("app-*/*/stderr"))


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


def _await(condition: Callable[[], object], what: str) -> None:
    latest = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < latest, what
        time.sleep(0.2)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster of two workers with a core each."""
    pytest.importorskip("pyspark")
    configuration = tmp_path / "conf"
    configuration.mkdir()
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.executor.memory": "1500m",
        "spark.driver.memory": "1500m",
        "spark.sql.shuffle.partitions": "8",
        "spark.ui.enabled": "false",
    }
    (configuration / "spark-defaults.conf").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    environ = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "JAVA_HOME") if name in os.environ},
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONF_DIR": str(configuration),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
    }
    port = _free_port()
    cluster = Cluster(tmp_path, f"spark://127.0.0.1:{port}", {}, environ)
    with ExitStack() as stack:
        master = ("org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port))
        cluster.start(stack, "master", *master, "--webui-port", str(_free_port()))
        for number in (1, 2):
            worker = ("org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "2g")
            place = ("--work-dir", str(tmp_path / f"work-{number}"), "--webui-port", str(_free_port()))
            cluster.workers[number] = cluster.start(stack, f"worker-{number}", *worker, *place, cluster.url)
        log = tmp_path / "master.log"
        _await(lambda: log.exists() and log.read_text().count("Registering worker") == 2, "the workers register")
        yield cluster


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of rows that have the shapes of real ones."""
    kept = os.environ.get("WHEELCLASH_CLUSTER_DATASET")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("dataset")
    return write_dataset(folder, _ROWS).folder


def _ask(dataset: Path, cluster: Cluster, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore", "-m", "wheelclash", "contents", "clashes", str(dataset)]
    more = ("--min-severity", "notice", "--format", "json")
    return subprocess.Popen(
        [*command, *more, *options], env=cluster.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def _answer(process: subprocess.Popen[bytes]) -> Any:
    out, err = process.communicate(timeout=_PATIENCE)
    assert out, err.decode()[-3000:]
    return json.loads(out)


def test_a_cluster_answers_as_duckdb_does_even_if_a_worker_is_killed(cluster: Cluster, dataset: Path) -> None:
    here = _answer(_ask(dataset, cluster))
    assert here["pairs"]
    assert _answer(_ask(dataset, cluster, "--spark", cluster.url)) == here
    before = len(cluster.executors(1))
    asking = _ask(dataset, cluster, "--spark", cluster.url)
    _await(lambda: len(cluster.executors(1)) > before, "an executor of the first worker")
    time.sleep(4)
    assert asking.poll() is None
    Cluster.kill(cluster.workers[1])
    assert _answer(asking) == here
