"""<<title>>: a server plugin of OpenEverest. Its OpenAPI document is what makes commands of it.

Notes are kept in memory, by user: put a database of your own in their place.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
<% if ui %>
from pathlib import Path
<% endif %>
from typing import Annotated, Literal

import httpx
from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import <% if ui %>FileResponse, <% endif %>JSONResponse, StreamingResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteException

VERSION = "<<version>>"

app = FastAPI(title="<<title>>", version=VERSION, description="Keep notes", docs_url=None, redoc_url=None)


class NewNote(BaseModel):
    text: Annotated[str, Field(min_length=1, max_length=10_000, description="What to remember")]


class Note(NewNote):
    id: Annotated[str, Field(description="Its identifier")]
    created: Annotated[datetime, Field(description="When it was written")]


class Notes(BaseModel):
    items: list[Note]
    next: Annotated[str | None, Field(description="Where the next page starts")] = None


class Export(BaseModel):
    id: Annotated[str, Field(description="Its identifier")]
    status: Annotated[Literal["running", "succeeded", "failed"], Field(description="How far it is")] = "running"
    text: Annotated[str | None, Field(description="All notes")] = None
    error: Annotated[str | None, Field(description="Why it failed")] = None


class Caller(BaseModel):
    user: Annotated[str, Field(description="The user who calls")]


class Problem(BaseModel):
    """How everestctl shows an error: what happened, and what to do."""

    error: str
    hint: str | None = None


notes: dict[str, dict[str, Note]] = {}
exports: dict[str, dict[str, Export]] = {}
# Where those who follow the notes of a user get new ones.
followers: dict[str, set[asyncio.Queue[Note]]] = {}


async def caller(request: Request) -> Caller:
    """Who calls. The OpenEverest API says it: a header alone could be anybody's."""
    token = request.headers.get("X-Everest-User")
    token = token or request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token:
        raise HTTPException(401, "missing auth token")
    address = f"{os.environ.get('EVEREST_API_URL', '').rstrip('/')}/v1/clusters/main/plugin-context"
    try:
        async with httpx.AsyncClient(timeout=10) as api:
            answer = await api.get(address, headers={"Authorization": f"Bearer {token}"})
    except (httpx.HTTPError, httpx.InvalidURL):
        raise HTTPException(502, "the OpenEverest API is not reachable") from None
    if answer.status_code in (401, 403):
        raise HTTPException(answer.status_code, "the OpenEverest API refuses the token")
    if answer.status_code != 200 or not answer.json().get("user"):
        raise HTTPException(502, f"the OpenEverest API answered {answer.status_code}")
    return Caller(user=answer.json()["user"])


TheCaller = Annotated[Caller, Depends(caller)]


@app.exception_handler(StarletteException)
async def problem(_: Request, error: StarletteException) -> JSONResponse:
    content = error.detail if isinstance(error.detail, dict) else {"error": str(error.detail)}
    return JSONResponse(content, error.status_code, error.headers)


@app.exception_handler(RequestValidationError)
async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    return JSONResponse({"error": f"{place}: {first['msg']}" if place else first["msg"]}, 422)


def failures(*codes: int) -> dict:
    return {code: {"model": Problem} for code in codes}


@app.get("/healthz", include_in_schema=False)
async def healthz() -> dict:
    return {}


@app.get("/api/whoami", operation_id="whoami", summary="Show who calls", tags=["whoami"], responses=failures(401))
async def whoami(user: TheCaller) -> Caller:
    return user


def written_after(user: Caller, id: str | None) -> list[Note] | None:
    """The notes behind the one with this id, or all; nothing if there is no such note."""
    mine = list(notes.get(user.user, {}).values())
    start = next((at + 1 for at, note in enumerate(mine) if note.id == id), None) if id else 0
    return None if start is None else mine[start:]


@app.get(
    "/api/notes",
    operation_id="listNotes",
    summary="List notes",
    tags=["notes"],
    responses=failures(401, 422),
    openapi_extra={
        "x-cli-examples": ["notes list", "notes list --all -o json"],
        "x-cli-columns": {"rows": "/items", "columns": ["id", "text", {"path": "/created", "name": "AGE", "format": "age"}]},
        "x-cli-paginate": {"cursor": "/next", "parameter": "after", "size": "limit"},
    },
)
async def list_notes(
    user: TheCaller,
    limit: Annotated[int, Query(ge=1, le=100, description="How many on a page")] = 50,
    after: Annotated[str | None, Query(description="Where the page starts")] = None,
) -> Notes:
    rest = written_after(user, after)
    if rest is None:
        raise HTTPException(422, {"error": "after: there is no such note", "hint": "start at the first page again"})
    page = rest[:limit]
    return Notes(items=page, next=page[-1].id if limit < len(rest) else None)


@app.post(
    "/api/notes",
    operation_id="createNote",
    summary="Write a note",
    tags=["notes"],
    status_code=201,
    responses=failures(401, 422),
    openapi_extra={"x-cli-examples": ["notes create --text 'Upgrade shop on Friday'"]},
)
async def create_note(note: NewNote, user: TheCaller) -> Note:
    made = Note(id=secrets.token_hex(4), created=datetime.now(UTC), text=note.text)
    notes.setdefault(user.user, {})[made.id] = made
    for news in followers.get(user.user, ()):
        news.put_nowait(made)
    return made


# Where TAB finds the values of `id`.
IDS = {"x-cli-complete": {"operation": "listNotes", "values": "/items/*/id", "describe": "/items/*/text"}}


def found(user: Caller, id: str) -> Note:
    note = notes.get(user.user, {}).get(id)
    if note is None:
        raise HTTPException(404, {"error": f"no note {id}", "hint": "everestctl <<name>> notes list"})
    return note


@app.get(
    "/api/notes/{id}",
    operation_id="getNote",
    summary="Show a note",
    tags=["notes"],
    responses=failures(401, 404),
)
async def get_note(id: str, user: TheCaller) -> Note:
    return found(user, id)


@app.delete(
    "/api/notes/{id}",
    operation_id="deleteNote",
    summary="Delete a note",
    tags=["notes"],
    status_code=204,
    responses=failures(401, 404),
    openapi_extra={"x-cli-confirm": "delete the note {id}?"},
)
async def delete_note(id: str, user: TheCaller) -> None:
    note = found(user, id)
    del notes[user.user][note.id]


async def events(user: Caller, last: str | None, follow: bool) -> AsyncIterator[str]:
    """An event for each note, whose id is that of the note: a stream that was cut off goes on behind it."""
    news: asyncio.Queue[Note] = asyncio.Queue()
    followers.setdefault(user.user, set()).add(news)

    def event(note: Note) -> str:
        return f"id: {note.id}\nevent: note\ndata: {note.model_dump_json()}\n\n"

    try:
        for note in written_after(user, last) or []:
            yield event(note)
        while follow:
            try:
                yield event(await asyncio.wait_for(news.get(), timeout=15))
            except TimeoutError:
                yield ": alive\n\n"
    finally:
        followers[user.user].discard(news)


@app.get(
    "/api/events",
    operation_id="watchNotes",
    summary="Show notes as they are written",
    tags=["notes"],
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "An event for each note",
            "content": {"text/event-stream": {"schema": {"$ref": "#/components/schemas/Note"}}},
        },
        **failures(401, 410, 422),
    },
    openapi_extra={
        "x-cli-name": "notes watch",
        "x-cli-examples": ["notes watch", "notes watch -f"],
        "x-cli-columns": {"columns": ["id", "text"]},
        "x-cli-follow": {"parameter": "follow"},
    },
)
async def watch_notes(
    user: TheCaller,
    follow: Annotated[bool, Query(description="Wait for new notes")] = False,
    last: Annotated[str | None, Header(alias="Last-Event-ID", include_in_schema=False)] = None,
) -> StreamingResponse:
    if written_after(user, last) is None:
        raise HTTPException(410, "Last-Event-ID: there is no such note")
    return StreamingResponse(events(user, last, follow), media_type="text/event-stream")


async def export(job: Export, user: Caller) -> None:
    await asyncio.sleep(0.3)  # Yours takes its time.
    job.text = "".join(f"{note.text}\n" for note in notes.get(user.user, {}).values()) or None
    job.status = "succeeded" if job.text else "failed"
    job.error = None if job.text else "there are no notes"


@app.post(
    "/api/exports",
    operation_id="startExport",
    summary="Export all notes as text",
    tags=["exports"],
    status_code=202,
    responses=failures(401),
    openapi_extra={
        "x-cli-examples": ["exports create --wait"],
        "x-cli-wait": {
            "id": "/id",
            "poll": "getExport",
            "status": "/status",
            "success": ["succeeded"],
            "failure": ["failed"],
            "message": "/error",
            "interval": "1s",
        },
    },
)
async def start_export(user: TheCaller, after_the_answer: BackgroundTasks) -> Export:
    job = Export(id=secrets.token_hex(4))
    exports.setdefault(user.user, {})[job.id] = job
    after_the_answer.add_task(export, job, user)
    return job


@app.get(
    "/api/exports/{id}",
    operation_id="getExport",
    summary="Show an export",
    tags=["exports"],
    responses=failures(401, 404),
)
async def get_export(id: str, user: TheCaller) -> Export:
    job = exports.get(user.user, {}).get(id)
    if job is None:
        raise HTTPException(404, {"error": f"no export {id}", "hint": "everestctl <<name>> exports create"})
    return job
<% if ui %>


@app.get("/main.js", include_in_schema=False)
async def bundle() -> FileResponse:
    return FileResponse(Path(__file__).parent / "ui" / "dist" / "main.js", media_type="text/javascript")
<% endif %>


def document() -> dict:
    """The document of FastAPI, with completion on the parameters that name a note."""
    if app.openapi_schema is None:
        made = type(app).openapi(app)
        for operation in made["paths"]["/api/notes/{id}"].values():
            for parameter in operation["parameters"]:
                parameter.update(IDS if parameter["name"] == "id" else {})
        app.openapi_schema = made
    return app.openapi_schema


app.openapi = document
