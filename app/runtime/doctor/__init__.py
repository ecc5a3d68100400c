"""What `portcullis doctor` tells: what is up, in which version, and what to do where it is not.

`machine` looks at what has to be here before anything starts, `database` at Postgres, its schema,
its enforcement and its replica, `processes` at what runs beside it; `examination` asks them all.
"""

from app.runtime.doctor.examination import examine
from app.runtime.doctor.finding import Finding

__all__ = ["Finding", "examine"]
