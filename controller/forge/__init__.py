"""Reports on pull requests: the comment, the status of the commit, and the issue that tells of drift.

environment ─► Place ─► Forge (GitHub, GitLab) ◄─ one comment · what was applied · drift
               where.py  github.py gitlab.py      comments.py  applied.py         issues.py

What is said comes from elsewhere, as markdown with a digest. What is there already is found by markers (marker.py).
"""

from controller.forge.applied import Applied, mark_applied
from controller.forge.comments import Mode, Posted, post_comment, room
from controller.forge.connect import connect, find_pull
from controller.forge.issues import report_clean, report_drift
from controller.forge.marker import Marker, Subject
from controller.forge.port import Forge, Pull, Status
from controller.forge.where import Place, Said, Token, find_place


__all__ = [
    "Applied",
    "Forge",
    "Marker",
    "Mode",
    "Place",
    "Posted",
    "Pull",
    "Said",
    "Status",
    "Subject",
    "Token",
    "connect",
    "find_place",
    "find_pull",
    "mark_applied",
    "post_comment",
    "report_clean",
    "report_drift",
    "room",
]
