"""GitLab's side of the forge server."""

from __future__ import annotations

from typing import Any

from tests.forge.world import Actor, IssueState, PullState, Refusal, Request, Said, World


LONGEST = 1_000_000


def actor(world: World, request: Request) -> Actor:
    token = request.headers.get("private-token") or request.headers.get("job-token", "")
    if token not in world.tokens:
        raise Refusal(401, "401 Unauthorized")
    return world.tokens[token]


def rest(world: World, request: Request, path: str) -> Any:  # noqa: PLR0912  (a table)
    viewer = actor(world, request)
    is_job = "job-token" in request.headers
    if path == "/user" and not is_job:
        return {"id": viewer.id, "username": viewer.login}
    if path == "/job" and is_job:
        return {"user": {"id": viewer.id, "username": viewer.login}}
    if is_job or not path.startswith(("/projects/acme/apis/", "/projects/42/")):
        raise Refusal(404, "404 Project Not Found")
    parts = path.split("/projects/")[1].removeprefix("acme/apis/").removeprefix("42/").split("/")
    if request.method != "GET" and "pull-requests" not in viewer.may:
        raise Refusal(403, "403 Forbidden")
    content = request.content
    match [request.method, *parts]:
        case ["GET", "merge_requests", number]:
            return _pull(world.pull(int(number)))
        case ["GET", "repository", "commits", sha, "merge_requests"]:
            return request.page([_pull(pull) for pull in world.pulls.values() if sha in {*pull.commits, pull.head}])
        case ["GET", "merge_requests", number, "notes"]:
            assert (request.query["sort"], request.query["order_by"]) == ("asc", "created_at")
            return request.page([_note(said) for said in world.comments if said.pull == int(number)])
        case ["POST", "merge_requests", number, "notes"]:
            _short(content["body"], "note")
            world.happens("add comment")
            return _note(world.say(viewer, content["body"], int(number)))
        case ["PUT", "merge_requests", _, "notes", note]:
            _short(content["body"], "note")
            world.happens("edit comment")
            said = world.comment(int(note), viewer)
            said.body = content["body"]
            return _note(said)
        case ["DELETE", "merge_requests", _, "notes", note]:
            world.happens("delete comment")
            world.comments.remove(world.comment(int(note), viewer))
            return None
        case ["POST", "statuses", sha]:
            return _status(world, sha, content)
        case ["GET", "issues"]:
            assert (request.query["scope"], request.query["state"]) == ("all", "all")
            found = [
                issue
                for issue in world.issues
                if request.query["labels"] in issue.labels and str(issue.author.id) == request.query["author_id"]
            ]
            return request.page([_issue(issue) for issue in found])
        case ["POST", "issues"]:
            labels = content["labels"].split(",")
            return _issue(world.add_issue(viewer, content["title"], content["description"], labels))
        case ["PUT", "issues", number]:
            issue = world.issue(int(number))
            issue.title = content.get("title", issue.title)
            issue.body = content.get("description", issue.body)
            issue.is_open = {"close": False, "reopen": True}.get(content.get("state_event"), issue.is_open)
            return _issue(issue)
        case ["POST", "issues", number, "notes"]:
            world.issue(int(number)).remarks.append(content["body"])
            return {}
        case _:
            raise Refusal(404, "404 Not Found")


def _status(world: World, sha: str, content: dict[str, Any]) -> dict[str, Any]:
    before = [one for one in world.statuses if (one["sha"], one["name"]) == (sha, content["name"])]
    if content["state"] == "pending" and before and before[-1]["state"] == "pending":
        raise Refusal(
            400, "Cannot transition status via :enqueue from :pending (Reason(s): Status cannot transition)"
        )
    if len(content["description"]) > 255:
        raise Refusal(400, {"description": ["is too long (maximum is 255 characters)"]})
    world.statuses.append({"sha": sha, **content})
    return content


def _short(body: str, what: str) -> None:
    if len(body) > LONGEST:
        raise Refusal(400, {what: [f"is too long (maximum is {LONGEST} characters)"]})


def _pull(pull: PullState) -> dict[str, Any]:
    return {
        "id": 9000 + pull.number,
        "iid": pull.number,
        "sha": pull.head,
        "state": "merged" if pull.commits else "opened",
        "web_url": f"https://forge/acme/apis/-/merge_requests/{pull.number}",
    }


def _note(said: Said) -> dict[str, Any]:
    author = {"id": said.author.id, "username": said.author.login}
    return {"id": said.id, "body": said.body, "system": said.is_system, "author": author}


def _issue(issue: IssueState) -> dict[str, Any]:
    return {
        "iid": issue.number,
        "description": issue.body,
        "web_url": f"https://forge/acme/apis/-/issues/{issue.number}",
        "state": "opened" if issue.is_open else "closed",
        "labels": issue.labels,
    }
