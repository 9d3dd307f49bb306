"""A session on a filled database that is the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session


@pytest.fixture
def session(plurel_db) -> Iterator[Session]:
    with Session(plurel_db.engine) as session:
        yield session
