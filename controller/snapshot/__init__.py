"""Plans without credentials: what is live, redacted and signed, in a file that stands in for AWS.

`taking` reads a target and keeps of the answers what a plan looks at; `document` is the file, and says what of it
is believed, by `keys`; `replay` answers from it; `frozen` is a pass on that, which plans and does nothing else;
`places` are where it is put.
"""

from controller.snapshot.document import Content, Snapshot, Target, opened, written
from controller.snapshot.frozen import FrozenPass
from controller.snapshot.keys import private_key, public_key
from controller.snapshot.places import place, put
from controller.snapshot.taking import Taken, take


__all__ = [
    "Content",
    "FrozenPass",
    "Snapshot",
    "Taken",
    "Target",
    "opened",
    "place",
    "private_key",
    "public_key",
    "put",
    "take",
    "written",
]
