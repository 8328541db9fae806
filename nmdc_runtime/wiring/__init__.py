"""Composition root: settings become clients, stores and services, as frozen values."""

from nmdc_runtime.wiring.boot import boot, boot_when_ready
from nmdc_runtime.wiring.indexes import all_indexes
from nmdc_runtime.wiring.reads import HubReads, open_reads
from nmdc_runtime.wiring.services import Services, open_services

__all__ = [
    "HubReads",
    "Services",
    "all_indexes",
    "boot",
    "boot_when_ready",
    "open_reads",
    "open_services",
]
