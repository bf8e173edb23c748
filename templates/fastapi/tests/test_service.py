"""The service without a server: who calls is said by the tests."""

import asyncio

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

import service


@pytest.fixture
def client():
    def caller(request: Request) -> service.Caller:
        return service.Caller(user=request.headers["Authorization"].removeprefix("Bearer "))

    service.notes.clear()
    service.app.dependency_overrides[service.caller] = caller
    yield TestClient(service.app, headers={"Authorization": "Bearer dana"})
    service.app.dependency_overrides.clear()


def test_a_note_from_its_beginning_to_its_end(client):
    made = client.post("/api/notes", json={"text": "remember"})
    assert made.status_code == 201
    place = f"/api/notes/{made.json()['id']}"
    assert client.get(place).json()["text"] == "remember"
    assert client.get("/api/notes").json()["items"] == [made.json()]
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404


def test_nobody_sees_the_notes_of_others(client):
    place = "/api/notes/" + client.post("/api/notes", json={"text": "secret"}).json()["id"]
    other = {"Authorization": "Bearer eve"}
    assert client.get("/api/notes", headers=other).json()["items"] == []
    assert client.get(place, headers=other).status_code == 404
    assert client.delete(place, headers=other).status_code == 404


def test_pages_are_whole(client):
    made = [client.post("/api/notes", json={"text": str(number)}).json()["id"] for number in range(5)]
    seen, after = [], {}
    while after is not None:
        page = client.get("/api/notes", params={"limit": 2, **after}).json()
        seen += [note["id"] for note in page["items"]]
        after = {"after": page["next"]} if page["next"] else None
    assert sorted(seen) == sorted(made)


def test_a_stream_goes_on_behind_its_last_event(client):
    made = [client.post("/api/notes", json={"text": text}).json()["id"] for text in "abc"]

    def ids(**headers):
        answer = client.get("/api/events", headers=headers)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
        return [line.removeprefix("id: ") for line in answer.text.splitlines() if line.startswith("id: ")]

    assert ids() == made
    assert ids(**{"Last-Event-ID": made[0]}) == made[1:]
    gone = client.get("/api/events", headers={"Last-Event-ID": "none"})
    assert (gone.status_code, gone.json()) == (410, {"error": "Last-Event-ID: there is no such note"})


def test_who_follows_gets_what_is_written(client):
    async def followed() -> str:
        stream = service.events(service.Caller(user="dana"), None, follow=True)
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        await service.create_note(service.NewNote(text="new"), service.Caller(user="dana"))
        event = await first
        await stream.aclose()
        return event

    assert '"text":"new"' in asyncio.run(followed())
    assert not service.followers["dana"]


def test_an_export_comes_to_its_end(client):
    def end() -> dict:
        started = client.post("/api/exports")
        assert (started.status_code, started.json()["status"]) == (202, "running")
        place = f"/api/exports/{started.json()['id']}"
        assert client.get(place, headers={"Authorization": "Bearer eve"}).status_code == 404
        # The client of the tests returns when the job is done.
        return client.get(place).json()

    assert end()["error"] == "there are no notes"
    client.post("/api/notes", json={"text": "a"})
    assert (end()["status"], end()["text"]) == ("succeeded", "a\n")


def test_errors_say_what_to_do(client):
    assert client.get("/api/notes/none").json() == {"error": "no note none", "hint": "everestctl <<name>> notes list"}
    assert client.post("/api/notes", json={"text": ""}).json()["error"].startswith("text: ")
    assert client.get("/nothing").json() == {"error": "Not Found"}


def test_strangers_are_refused(monkeypatch):
    monkeypatch.setenv("EVEREST_API_URL", "http://127.0.0.1:9")
    client = TestClient(service.app)
    assert client.get("/api/notes").status_code == 401
    assert client.get("/api/events").status_code == 401
    lied = client.get("/api/notes", headers={"X-Everest-User": "dana"})
    assert (lied.status_code, lied.json()) == (502, {"error": "the OpenEverest API is not reachable"})
    assert client.get("/healthz").status_code == 200


def test_the_document_makes_good_commands():
    document = service.app.openapi()
    assert document["info"]["version"] == service.VERSION
    listing = document["paths"]["/api/notes"]["get"]
    assert listing["x-cli-paginate"] == {"cursor": "/next", "parameter": "after", "size": "limit"}
    for operation in document["paths"]["/api/notes/{id}"].values():
        assert operation["parameters"][0]["x-cli-complete"]["operation"] == "listNotes"
