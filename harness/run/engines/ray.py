"""Workers on a Ray cluster, with shares of GPUs; ray is loaded only where a study asks for it."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.run.engines.cluster import LostWorker
from harness.run.engines.node import Node, Orders, read_settings
from harness.run.engines.remote import Remote
from harness.run.following import RUNNING_FOLDER
from harness.run.inline import remote_work
from harness.run.jobs import Work, one_line
from harness.run.slots import threads_on
from harness.spec.shipped_code import digest_of_code
from harness.store import Home

INSTALL = '--on ray: Ray is not installed here; pip install "harness[ray]"'


@dataclass(frozen=True)
class Share:
    """What a worker takes of a machine."""

    cpus: int
    gpus: float

    def fits_into(self, resources: dict[str, float]) -> int:
        """How many such shares a machine has."""
        count = int(resources.get("CPU", 0.0) // self.cpus)
        if self.gpus:
            count = min(count, int((resources.get("GPU", 0.0) + 1e-6) // self.gpus))
        return count


def ray_workers(
    folder: Path,
    preload: list[str],
    *,
    address: str | None = None,
    gpu_fraction: float = 1.0,
    device: str = "auto",
    work: Work = remote_work,
) -> Remote:
    """Joins the Ray cluster at an address, or starts one of its own on this machine alone."""
    home = Home(folder)
    cluster = RayCluster(home, address)
    try:
        cluster.prepare(preload, gpu_fraction, device, work)
    except BaseException:
        cluster.close()
        raise
    return Remote(cluster, home)


class RayCluster:
    """Workers as actors of Ray, each with its share of a machine; none is started again by Ray.

    So one rule holds for whoever loses a worker: that of `dispatch`.
    """

    def __init__(self, home: Home, address: str | None) -> None:
        """Connects to Ray; a ValueError with a remedy where that cannot be."""
        try:
            import ray
        except ImportError:
            raise ValueError(INSTALL) from None
        self._ray = ray
        self._home = home
        self._token = f"{RUNNING_FOLDER}/ray-{secrets.token_hex(8)}"
        self._folder: str | None = None  # of Ray, where the cluster is our own
        self._connect(address)

    def _connect(self, address: str | None) -> None:
        """Joins a cluster, or starts one that only this machine reaches, on free ports."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
        if address is None:
            os.environ.setdefault("RAY_worker_niceness", "0")  # as the processes of a study
            options.update(
                address="local",
                include_dashboard=False,
                _node_ip_address="127.0.0.1",
                _temp_dir=self._private_folder(),
            )
        else:
            options["address"] = address
        try:
            self._ray.init(**options)
        except Exception as error:  # noqa: BLE001  Ray has no kind of its own for a slow start
            self.close()
            joined = "no cluster of its own could be started" if address is None else address
            raise ValueError(f"--on ray: {joined}: {one_line(error)}") from None

    def _private_folder(self) -> str:
        """A folder for the files of a cluster of our own, which other users cannot enter.

        Ray lets everybody into the folder that it is given, so that is one inside. The path is
        short, for that of a socket has 107 bytes.
        """
        self._folder = tempfile.mkdtemp(prefix="hr-", dir="/tmp")
        return f"{self._folder}/ray"

    def prepare(self, preload: list[str], gpu_fraction: float, device: str, work: Work) -> None:
        """Decides what a worker takes of a machine, and what each is told."""
        machines = self._machines()
        has_gpu = any(machine.get("GPU", 0.0) > 0 for machine in machines)
        if device == "cuda" and not has_gpu:
            raise ValueError("--device cuda: no machine of the Ray cluster has a GPU (ray status)")
        is_cuda = has_gpu and device in ("auto", "cuda")
        self._share = Share(1, gpu_fraction) if is_cuda else Share(_cores_of_a_job(machines), 0.0)
        if self.capacity() == 0:
            raise ValueError("--on ray: no machine of the cluster has room for a job (ray status)")
        path = self._home.hidden / self._token
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        orders = Orders(
            str(self._home.folder),
            str(path.relative_to(self._home.folder)),
            "cuda" if is_cuda else "cpu",
            tuple(preload),
            digest_of_code(),
            read_settings(),
            work,
        )
        self._orders = self._ray.put(orders)
        self._actor = self._ray.remote(Node)

    def _machines(self) -> list[dict[str, float]]:
        """What each machine has that is alive."""
        machines = []
        for node in self._ray.nodes():
            if node["Alive"]:
                machines.append(dict(node["Resources"]))
        return machines

    def capacity(self) -> int:
        return sum(self._share.fits_into(machine) for machine in self._machines())

    def start(self) -> Any:
        """Starts an actor; Ray looks for a machine with room, far from the other ones first."""
        actor = self._actor.options(
            num_cpus=self._share.cpus,
            num_gpus=self._share.gpus,
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy="SPREAD",
        )
        return actor.remote(self._orders)

    def ask(self, worker: Any, question: str, *arguments: Any) -> Any:
        return getattr(worker, question).remote(*arguments)

    def wait(self, tickets: Sequence[Any], timeout: float) -> list[Any]:
        ready, _ = self._ray.wait(list(tickets), num_returns=1, timeout=timeout)
        if ready:
            ready, _ = self._ray.wait(list(tickets), num_returns=len(tickets), timeout=0)
        return list(ready)

    def answer(self, ticket: Any) -> Any:
        """Waits for an answer; what went wrong on the other side is an error here."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(ticket)
        except errors.RayTaskError as error:
            raise ValueError(one_line(error.cause)) from None
        except (errors.RayActorError, errors.WorkerCrashedError, errors.ObjectLostError) as error:
            raise LostWorker(f"its worker on the Ray cluster was lost ({_reason(error)})") from None

    def end(self, worker: Any) -> None:
        self._ray.kill(worker, no_restart=True)

    def close(self) -> None:
        (self._home.hidden / self._token).unlink(missing_ok=True)
        self._ray.shutdown()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _cores_of_a_job(machines: list[dict[str, float]]) -> int:
    """How many cores a job on a processor takes, so that no machine is given too many."""
    smallest = min((machine.get("CPU", 0.0) for machine in machines), default=0.0)
    return threads_on(smallest)


def _reason(error: BaseException) -> str:
    """What Ray says of a loss, in one line that names the kind of it."""
    text = " ".join(str(error).split())
    sentence = text.split(". ")[0][:200]
    return f"{type(error).__name__}: {sentence}"
