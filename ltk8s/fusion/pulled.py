"""The networks of a pulled directory."""

from __future__ import annotations

from pathlib import Path

from ltk8s.errors import MembersError, StoreError
from ltk8s.fusion.bundle import Bundle, read_file
from ltk8s.fusion.members import Trained
from ltk8s.network.backbone import load_checkpoint


def pulled_members(directory: Path, bundle: Bundle) -> list[Trained]:
    """Load and verify every member of a pulled directory, in order.

    Raises:
        StoreError: if a file is missing or is not what was pulled; it names the file.
    """
    members = []
    for member in bundle.members:
        try:
            network = load_checkpoint(member.arch, len(bundle.classes), read_file(directory, member))
        except MembersError as error:
            raise StoreError(f"{directory / member.file} cannot be used. {error.what}", "Pull the run again.") from None
        members.append(Trained(member.task, network, member.class_counts))
    return members
