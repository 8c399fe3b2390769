"""GitHub's side of the forge server: a part of its GraphQL schema, and the REST operations that are used."""

from __future__ import annotations

import re
from typing import Any

from graphql import GraphQLResolveInfo, build_schema, graphql_sync

from tests.forge.world import Actor, IssueState, PullState, Refusal, Request, Said, World


SCHEMA = build_schema("""
interface Node { id: ID! }
interface Actor { login: String! }
type User implements Actor { login: String! }
type Bot implements Actor { login: String! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type IssueComment implements Node {
  id: ID! body: String! url: String! isMinimized: Boolean! viewerDidAuthor: Boolean! author: Actor
}
type IssueCommentConnection { pageInfo: PageInfo! nodes: [IssueComment] }
type PullRequest implements Node { id: ID! comments(first: Int, after: String): IssueCommentConnection! }
type Issue { number: Int! body: String! url: String! state: IssueState! viewerDidAuthor: Boolean! }
type IssueConnection { pageInfo: PageInfo! nodes: [Issue] }
enum IssueState { OPEN CLOSED }
enum OrderDirection { ASC DESC }
enum IssueOrderField { CREATED_AT UPDATED_AT COMMENTS }
input IssueOrder { field: IssueOrderField! direction: OrderDirection! }
type Repository {
  issues(first: Int, after: String, labels: [String!], orderBy: IssueOrder): IssueConnection!
}
type Query { node(id: ID!): Node repository(owner: String!, name: String!): Repository }

enum ReportedContentClassifiers { OUTDATED DUPLICATE RESOLVED SPAM }
input AddCommentInput { subjectId: ID! body: String! }
input UpdateIssueCommentInput { id: ID! body: String! }
input DeleteIssueCommentInput { id: ID! }
input MinimizeCommentInput { subjectId: ID! classifier: ReportedContentClassifiers! }
type IssueCommentEdge { node: IssueComment }
type AddCommentPayload { commentEdge: IssueCommentEdge }
type Payload { clientMutationId: String }
type Mutation {
  addComment(input: AddCommentInput!): AddCommentPayload
  updateIssueComment(input: UpdateIssueCommentInput!): Payload
  deleteIssueComment(input: DeleteIssueCommentInput!): Payload
  minimizeComment(input: MinimizeCommentInput!): Payload
}
""")

LONGEST = 65_536


def actor(world: World, request: Request) -> Actor:
    found = world.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
    if found is None:
        raise Refusal(401, "Bad credentials")
    return found


def graphql(world: World, request: Request) -> dict[str, Any]:
    assert (request.method, request.path) == ("POST", "/api/graphql")
    viewer = actor(world, request)
    world.requests.append("read graphql")
    result = graphql_sync(
        SCHEMA, request.content["query"], _Root(world, viewer), variable_values=request.content["variables"]
    )
    if result.errors:
        errors = [
            {"type": getattr(one.original_error, "kind", None), "message": one.message} for one in result.errors
        ]
        return {"data": result.data, "errors": errors}
    return {"data": result.data}


class _Root:
    """Query and Mutation: graphql-core calls the method of a field's name."""

    def __init__(self, world: World, viewer: Actor) -> None:
        self.world, self.viewer = world, viewer

    def node(self, _info: GraphQLResolveInfo, **given: Any) -> dict[str, Any]:
        pull = self.world.pull(int(given["id"].removeprefix("PR_")))

        def comments(_info: GraphQLResolveInfo, first: int, after: str | None = None) -> dict[str, Any]:
            found = [said for said in self.world.comments if said.pull == pull.number]
            return _connection([self.said(said) for said in found], first, after)

        return {"__typename": "PullRequest", "id": given["id"], "comments": comments}

    def repository(self, _info: GraphQLResolveInfo, owner: str, name: str) -> dict[str, Any]:
        def issues(
            _info: GraphQLResolveInfo, first: int, labels: list[str], after: str | None = None, **_order: Any
        ) -> dict[str, Any]:
            found = [issue for issue in self.world.issues if set(labels) & set(issue.labels)]
            return _connection([self.issue(issue) for issue in found], first, after)

        return {"issues": issues}

    def addComment(self, _info: GraphQLResolveInfo, **given: Any) -> dict[str, Any]:  # noqa: N802
        self.world.allow(self.viewer, "pull-requests")
        _short(given["input"]["body"])
        self.world.happens("add comment")
        said = self.world.say(
            self.viewer, given["input"]["body"], int(given["input"]["subjectId"].removeprefix("PR_"))
        )
        return {"commentEdge": {"node": self.said(said)}}

    def updateIssueComment(self, _info: GraphQLResolveInfo, **given: Any) -> dict[str, Any]:  # noqa: N802
        _short(given["input"]["body"])
        self.world.happens("edit comment")
        self.own(given["input"]["id"]).body = given["input"]["body"]
        return {}

    def deleteIssueComment(self, _info: GraphQLResolveInfo, **given: Any) -> dict[str, Any]:  # noqa: N802
        self.world.happens("delete comment")
        self.world.comments.remove(self.own(given["input"]["id"]))
        return {}

    def minimizeComment(self, _info: GraphQLResolveInfo, **given: Any) -> dict[str, Any]:  # noqa: N802
        assert given["input"]["classifier"] == "OUTDATED"
        self.world.happens("hide comment")
        self.own(given["input"]["subjectId"]).is_hidden = True
        return {}

    def own(self, node: str) -> Said:
        return self.world.comment(int(node.removeprefix("IC_")), self.viewer)

    def said(self, said: Said) -> dict[str, Any]:
        # An app is "name" here, "name[bot]" in REST.
        kind, login = (
            ("Bot", said.author.login.removesuffix("[bot]")) if said.author.is_bot else ("User", said.author.login)
        )
        return {
            "__typename": "IssueComment",
            "id": f"IC_{said.id}",
            "body": said.body,
            "url": f"https://forge/acme/apis/pull/{said.pull}#issuecomment-{said.id}",
            "isMinimized": said.is_hidden,
            "viewerDidAuthor": said.author is self.viewer,
            "author": {"__typename": kind, "login": login},
        }

    def issue(self, issue: IssueState) -> dict[str, Any]:
        return {
            "number": issue.number,
            "body": issue.body,
            "url": f"https://forge/acme/apis/issues/{issue.number}",
            "state": "OPEN" if issue.is_open else "CLOSED",
            "viewerDidAuthor": issue.author is self.viewer,
        }


def _short(body: str) -> None:
    if len(body) > LONGEST:
        raise Refusal(422, f"Body is too long (maximum is {LONGEST} characters)", "UNPROCESSABLE")


def _connection(items: list[Any], first: int, after: str | None) -> dict[str, Any]:
    assert first <= 100
    start = int(after or 0)
    end = start + first
    return {"pageInfo": {"hasNextPage": end < len(items), "endCursor": str(end)}, "nodes": items[start:end]}


def rest(world: World, request: Request, path: str) -> Any:  # noqa: PLR0912  (a table)
    viewer = actor(world, request)
    if path == "/user":
        raise Refusal(403, "Resource not accessible by integration")
    found = re.fullmatch(r"/repos/acme/apis(/.*)", path)
    if not found:
        raise Refusal(404, "Not Found")
    content = request.content
    match [request.method, *found[1].split("/")[1:]]:
        case ["GET", "pulls"]:
            wanted = request.query["head"]
            pulls = [
                pull
                for pull in world.pulls.values()
                if pull.state == request.query["state"]
                and f"{pull.repository.split('/')[0]}:{pull.branch}" == wanted
            ]
            return [_pull(pull) for pull in pulls]
        case ["GET", "pulls", number]:
            return _pull(world.pull(int(number)))
        case ["GET", "commits", sha, "pulls"]:
            return request.page([_pull(pull) for pull in world.pulls.values() if sha in {*pull.commits, pull.head}])
        case ["POST", "statuses", sha]:
            world.allow(viewer, "statuses")
            if len(content["description"]) > 140:
                raise Refusal(422, "Validation Failed")
            world.statuses.append({"sha": sha, **content})
            return content
        case ["POST", "labels"]:
            world.allow(viewer, "labels")
            if content["name"] in world.labels:
                raise Refusal(422, "Validation Failed")
            world.labels.add(content["name"])
            return content
        case ["POST", "issues"]:
            return _issue(world.add_issue(viewer, content["title"], content["body"], content["labels"]))
        case ["PATCH", "issues", number]:
            world.allow(viewer, "issues")
            issue = world.issue(int(number))
            issue.title, issue.body = content.get("title", issue.title), content.get("body", issue.body)
            issue.is_open = content.get("state", "open" if issue.is_open else "closed") == "open"
            return _issue(issue)
        case ["POST", "issues", number, "comments"]:
            world.allow(viewer, "issues")
            world.issue(int(number)).remarks.append(content["body"])
            return {}
        case _:
            raise Refusal(404, "Not Found")


def _pull(pull: PullState) -> dict[str, Any]:
    return {
        "number": pull.number,
        "node_id": f"PR_{pull.number}",
        "html_url": f"https://forge/acme/apis/pull/{pull.number}",
        "state": pull.state,
        "merged_at": "2026-01-01T00:00:00Z" if pull.commits else None,
        "head": {"sha": pull.head, "ref": pull.branch, "repo": {"full_name": pull.repository}},
    }


def _issue(issue: IssueState) -> dict[str, Any]:
    return {
        "number": issue.number,
        "body": issue.body,
        "html_url": f"https://forge/acme/apis/issues/{issue.number}",
        "state": "open" if issue.is_open else "closed",
        "labels": [{"name": label} for label in issue.labels],
    }
