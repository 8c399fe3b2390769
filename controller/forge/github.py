"""GitHub, or GitHub Enterprise Server.

Comments go through GraphQL: only it says which ones are the token's own (an Actions token may not ask who it is,
and is called differently in different places), and which are hidden. All else is REST.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from controller.errors import ForgeError
from controller.forge.api import FORBIDDEN, NOT_FOUND, PAGE, Api, Doing, advice, done
from controller.forge.port import Branch, Comment, Issue, Pull, Status, shortened


T = TypeVar("T")

API = "https://api.github.com"
ENTERPRISE = "/api/v3"

LONGEST_BODY = 65_536
LONGEST_DESCRIPTION = 140

ACTIONS = "github-actions[bot]"
"""The author of what workflows post with their own token."""

UNPROCESSABLE = 422

_ERRORS = {"FORBIDDEN": FORBIDDEN, "INSUFFICIENT_SCOPES": FORBIDDEN, "NOT_FOUND": NOT_FOUND, "RATE_LIMITED": 429}
"""Types of GraphQL's errors, which come with status 200, as the status that they would be."""

_COMMENTS = """
query Comments($pull: ID!, $after: String) {
  node(id: $pull) {
    ... on PullRequest {
      comments(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id body url isMinimized viewerDidAuthor author { __typename login } }
      }
    }
  }
}
"""

_ADD = """
mutation Add($pull: ID!, $body: String!) {
  addComment(input: {subjectId: $pull, body: $body}) { commentEdge { node { id body url } } }
}
"""

_EDIT = """
mutation Edit($comment: ID!, $body: String!) {
  updateIssueComment(input: {id: $comment, body: $body}) { clientMutationId }
}
"""

_DELETE = """
mutation Delete($comment: ID!) { deleteIssueComment(input: {id: $comment}) { clientMutationId } }
"""

_HIDE = """
mutation Hide($comment: ID!) {
  minimizeComment(input: {subjectId: $comment, classifier: OUTDATED}) { clientMutationId }
}
"""

_ISSUES = """
query Issues($owner: String!, $name: String!, $label: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    issues(first: 100, after: $after, labels: [$label], orderBy: {field: CREATED_AT, direction: ASC}) {
      pageInfo { hasNextPage endCursor }
      nodes { number body url state viewerDidAuthor }
    }
  }
}
"""


def headers(token: str) -> dict[str, str]:
    """What authenticates a request."""
    return {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}


@dataclass(frozen=True)
class GitHub:
    """A repository, `owner/name`."""

    api: Api
    repository: str

    longest = LONGEST_BODY
    request = "pull request"

    def pull(self, number: int) -> Pull:
        doing = self._doing(f"read pull request {number}", "pull-requests: read")
        return self._rest(doing, "GET", f"/pulls/{number}", into=_pull)

    def pull_from(self, branch: Branch) -> Pull | None:
        # A commit of a fork is not in this repository, so that it cannot be asked for its pull requests.
        owner = branch.repository.partition("/")[0]
        query = urlencode({"state": "open", "head": f"{owner}:{branch.name}", "per_page": PAGE})
        doing = self._doing(f"find the pull request from {branch.repository}", "pull-requests: read")
        found = self._rest(
            doing, "GET", f"/pulls?{query}", into=lambda all_: [_pull(one) for one in all_ if _is_at(one, branch)]
        )
        return found[0] if found else None

    def merged(self, sha: str) -> list[Pull]:
        doing = self._doing(f"find the pull request of commit {sha[:12]}", "pull-requests: read")
        path = f"/commits/{sha}/pulls?per_page={PAGE}"
        return self._rest(doing, "GET", path, into=lambda all_: [_pull(one) for one in all_ if one["merged_at"]])

    def comments(self, pull: Pull, authors: Container[str]) -> list[Comment]:
        doing = self._doing(f"read the comments on pull request {pull.number}", "pull-requests: read")

        def wanted(data: Any) -> tuple[Any, list[Comment]]:
            connection = data["node"]["comments"]
            return connection["pageInfo"], [
                Comment(one["id"], one["body"], one["url"])
                for one in connection["nodes"]
                if not one["isMinimized"] and (one["viewerDidAuthor"] or _author(one) in authors)
            ]

        return list(self._pages(doing, _COMMENTS, {"pull": pull.node}, into=wanted))

    def add_comment(self, pull: Pull, body: str) -> Comment:
        def made(data: Any) -> Comment:
            node = data["addComment"]["commentEdge"]["node"]
            return Comment(node["id"], node["body"], node["url"])

        return self._graphql(self._commenting(pull), _ADD, {"pull": pull.node, "body": body}, into=made)

    def edit_comment(self, pull: Pull, comment: Comment, body: str) -> None:
        self._graphql(self._commenting(pull), _EDIT, {"comment": comment.node, "body": body}, into=done)

    def delete_comment(self, pull: Pull, comment: Comment) -> None:
        try:
            self._graphql(self._commenting(pull), _DELETE, {"comment": comment.node}, into=done)
        except ForgeError as error:
            if error.status != NOT_FOUND:
                raise

    def hide_comment(self, pull: Pull, comment: Comment) -> None:
        self._graphql(self._commenting(pull), _HIDE, {"comment": comment.node}, into=done)

    def set_status(self, sha: str, status: Status) -> None:
        content = {
            "state": status.state,
            "context": status.name,
            "description": shortened(status.description, LONGEST_DESCRIPTION),
            **({"target_url": status.url} if status.url else {}),
        }
        doing = self._doing(f"set the status of commit {sha[:12]}", "statuses: write")
        self._rest(doing, "POST", f"/statuses/{sha}", content, into=done)

    def issues(self, label: str) -> list[Issue]:
        owner, _, name = self.repository.partition("/")

        def own(data: Any) -> tuple[Any, list[Issue]]:
            connection = data["repository"]["issues"]
            return connection["pageInfo"], [
                Issue(one["number"], one["body"], one["url"], one["state"] == "OPEN")
                for one in connection["nodes"]
                if one["viewerDidAuthor"]
            ]

        variables = {"owner": owner, "name": name, "label": label}
        return list(self._pages(self._doing("read the issues", "issues: read"), _ISSUES, variables, into=own))

    def add_issue(self, title: str, body: str, label: str) -> Issue:
        doing = self._doing("open an issue", "issues: write")
        try:
            self._rest(doing, "POST", "/labels", {"name": label, "color": "d93f0b"}, into=done)
        except ForgeError as error:
            if error.status != UNPROCESSABLE:
                raise  # That status means that there is such a label.
        content = {"title": title, "body": body, "labels": [label]}
        issue, labels = self._rest(doing, "POST", "/issues", content, into=_made)
        if label not in labels:
            # GitHub leaves labels out without a word; without it the issue is never found again.
            self.edit_issue(issue, is_open=False)
            raise ForgeError(f"cannot {doing.what}: GitHub gave it no label; the token needs {doing.needs}")
        return issue

    def edit_issue(self, issue: Issue, *, title: str = "", body: str = "", is_open: bool | None = None) -> None:
        state = {} if is_open is None else {"state": "open" if is_open else "closed"}
        content = {name: text for name, text in (("title", title), ("body", body)) if text}
        doing = self._doing(f"change issue {issue.number}", "issues: write")
        self._rest(doing, "PATCH", f"/issues/{issue.number}", {**content, **state}, into=done)

    def remark(self, issue: Issue, text: str) -> None:
        doing = self._doing(f"comment on issue {issue.number}", "issues: write")
        self._rest(doing, "POST", f"/issues/{issue.number}/comments", {"body": text}, into=done)

    def _commenting(self, pull: Pull) -> Doing:
        return self._doing(
            f"comment on pull request {pull.number}",
            "pull-requests: write, which a workflow run for a fork never has",
        )

    def _doing(self, what: str, needs: str) -> Doing:
        return Doing(f"{what} of {self.repository}", f"the permission {needs}")

    def _rest(
        self,
        doing: Doing,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        *,
        into: Callable[[Any], T],
    ) -> T:
        return self.api.request(doing, method, f"/repos/{quote(self.repository)}{path}", content, into=into)

    def _pages(
        self,
        doing: Doing,
        query: str,
        variables: Mapping[str, Any],
        *,
        into: Callable[[Any], tuple[Any, list[T]]],
    ) -> Iterator[T]:
        """All nodes of a connection, page by page; `into` gives the pageInfo and what it makes of the nodes."""
        after = None
        while True:
            page, nodes = self._graphql(doing, query, {**variables, "after": after}, into=into)
            yield from nodes
            if not page["hasNextPage"]:
                return
            after = page["endCursor"]

    def _graphql(self, doing: Doing, query: str, variables: Mapping[str, Any], *, into: Callable[[Any], T]) -> T:
        def understood(answer: Any) -> T:
            for error in answer.get("errors") or ():
                status = _ERRORS.get(error.get("type"), UNPROCESSABLE)
                raise self.api.refused(doing, status, error["message"], advice(doing, status))
            return into(answer["data"])

        content = {"query": query, "variables": variables}
        return self.api.request(doing, "POST", graphql(self.api.base), content, into=understood)


def graphql(base: str) -> str:
    """Where GraphQL is, if REST is at `base`."""
    return f"{base.removesuffix(ENTERPRISE)}/api/graphql" if base.endswith(ENTERPRISE) else f"{base}/graphql"


def _pull(found: Mapping[str, Any]) -> Pull:
    return Pull(found["number"], found["node_id"], found["head"]["sha"], found["html_url"])


def _is_at(pull: Mapping[str, Any], branch: Branch) -> bool:
    head = pull["head"]
    repository = head["repo"] or {}  # None: the fork is gone
    return bool(head["sha"] == branch.sha and repository.get("full_name") == branch.repository)


def _made(found: Mapping[str, Any]) -> tuple[Issue, list[str]]:
    issue = Issue(found["number"], found["body"], found["html_url"], is_open=True)
    return issue, [label["name"] for label in found["labels"]]


def _author(comment: Mapping[str, Any]) -> str:
    """As REST has it, and people know it; an account that is gone has no name."""
    author = comment["author"] or {"login": "ghost", "__typename": "User"}
    return f"{author['login']}[bot]" if author["__typename"] == "Bot" else str(author["login"])
