"""Plans without credentials: what is live, redacted and signed, in a file that stands in for AWS.

taking   reads a target, and keeps of the answers what a plan looks at
document the file: written, signed, believed
keys     Ed25519 keys, and who has signed
replay   a Patient that answers from the file, and tells what it had to assume
frozen   a pass on it, which can plan and do nothing else
"""

from controller.snapshot.document import Content, Snapshot, Target, opened, written
from controller.snapshot.frozen import FrozenPass
from controller.snapshot.keys import private_key, public_key
from controller.snapshot.taking import Taken, take


__all__ = [
    "Content",
    "FrozenPass",
    "Snapshot",
    "Taken",
    "Target",
    "opened",
    "private_key",
    "public_key",
    "take",
    "written",
]
