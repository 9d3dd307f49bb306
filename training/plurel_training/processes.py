"""One process, or several that torchrun started; and the device that each computes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from plurel_sql.errors import InputError


def device_of(name: str) -> torch.device:
    """``auto`` is a GPU where there is one.

    Raises:
        InputError: CUDA is asked for and absent.
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise InputError("CUDA is asked for, and no GPU answers", place="device", hint="device: cpu, or auto")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


@dataclass(frozen=True)
class Processes:
    """``rank`` of ``world``, on ``device``."""

    rank: int
    world: int
    device: torch.device

    @staticmethod
    @contextmanager
    def joined(name: str) -> Iterator[Processes]:
        """Joins torchrun's other processes, if it is there; leaves them at the end. Raises InputError."""
        device = device_of(name)
        if "RANK" not in os.environ:
            yield Processes(0, 1, device)
            return
        if device.type == "cuda":
            device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
            torch.cuda.set_device(device)
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        try:
            yield Processes(dist.get_rank(), dist.get_world_size(), device)
        finally:
            dist.destroy_process_group()

    def sum(self, value: Tensor) -> None:
        """Adds up over processes, in place."""
        if self.world > 1:
            dist.all_reduce(value)

    def mean(self, value: Tensor) -> None:
        """The mean over processes, in place."""
        self.sum(value)
        value /= self.world

    def wait(self) -> None:
        """Until all are here."""
        if self.world > 1:
            dist.barrier()
