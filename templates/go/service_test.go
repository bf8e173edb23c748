package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// everest is an OpenEverest API for which a token is the name of its user.
func everest(t *testing.T) Everest {
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		user := strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")
		write(writer, http.StatusOK, map[string]string{"user": user})
	}))
	t.Cleanup(server.Close)
	return Everest{Address: server.URL}
}

func ask(service http.Handler, user, method, path, body string) (int, map[string]any) {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	if user != "" {
		request.Header.Set("Authorization", "Bearer "+user)
	}
	recorder := httptest.NewRecorder()
	service.ServeHTTP(recorder, request)
	var answer map[string]any
	_ = json.Unmarshal(recorder.Body.Bytes(), &answer)
	return recorder.Code, answer
}

func want(t *testing.T, what string, actual, expected any) {
	t.Helper()
	if actual != expected {
		t.Errorf("%s: %v, want %v", what, actual, expected)
	}
}

func TestANoteFromItsBeginningToItsEnd(t *testing.T) {
	service := NewService(everest(t))
	status, made := ask(service, "dana", "POST", "/api/notes", `{"text": "remember"}`)
	want(t, "create", status, 201)
	place := "/api/notes/" + made["id"].(string)
	status, shown := ask(service, "dana", "GET", place, "")
	want(t, "get", status, 200)
	want(t, "text", shown["text"], "remember")
	status, _ = ask(service, "eve", "DELETE", place, "")
	want(t, "delete by somebody else", status, 404)
	status, _ = ask(service, "dana", "DELETE", place, "")
	want(t, "delete", status, 204)
	status, gone := ask(service, "dana", "GET", place, "")
	want(t, "get what is gone", status, 404)
	want(t, "hint", gone["hint"], "everestctl <<name>> notes list")
}

func TestPagesAreWhole(t *testing.T) {
	service := NewService(everest(t))
	for _, text := range []string{"a", "b", "c", "d", "e"} {
		ask(service, "dana", "POST", "/api/notes", `{"text": "`+text+`"}`)
	}
	seen, after := "", ""
	for {
		_, page := ask(service, "dana", "GET", "/api/notes?limit=2"+after, "")
		for _, note := range page["items"].([]any) {
			seen += note.(map[string]any)["text"].(string)
		}
		next, more := page["next"].(string)
		if !more {
			break
		}
		after = "&after=" + next
	}
	want(t, "all pages", seen, "abcde")
}

func TestAStreamGoesOnBehindItsLastEvent(t *testing.T) {
	server := httptest.NewServer(NewService(everest(t)))
	// After what follows the stream: it waits for that.
	t.Cleanup(server.Close)
	create := func(text string) string {
		_, made := ask(server.Config.Handler, "dana", "POST", "/api/notes", `{"text": "`+text+`"}`)
		return made["id"].(string)
	}
	ids := []string{create("a"), create("b")}
	open := func(query, last string) *bufio.Scanner {
		request, _ := http.NewRequest("GET", server.URL+"/api/events"+query, nil)
		request.Header.Set("Authorization", "Bearer dana")
		request.Header.Set("Last-Event-ID", last)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { answer.Body.Close() })
		return bufio.NewScanner(answer.Body)
	}
	next := func(lines *bufio.Scanner) string {
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "id: ") {
				return strings.TrimPrefix(lines.Text(), "id: ")
			}
		}
		return ""
	}
	whole := open("", "")
	want(t, "the first event", next(whole), ids[0])
	want(t, "the second event", next(whole), ids[1])
	want(t, "the end", next(whole), "")
	followed := open("?follow=true", ids[0])
	want(t, "the first behind the last", next(followed), ids[1])
	want(t, "a new one", create("c"), next(followed))
	gone := open("", "none")
	want(t, "an event that nobody knows", gone.Scan() && strings.Contains(gone.Text(), "no such note"), true)
}

func TestAnExportComesToItsEnd(t *testing.T) {
	service := NewService(everest(t))
	end := func() map[string]any {
		status, started := ask(service, "dana", "POST", "/api/exports", "")
		want(t, "start", status, 202)
		want(t, "status at first", started["status"], "running")
		place := "/api/exports/" + started["id"].(string)
		status, _ = ask(service, "eve", "GET", place, "")
		want(t, "get by somebody else", status, 404)
		for {
			if _, shown := ask(service, "dana", "GET", place, ""); shown["status"] != "running" {
				return shown
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	want(t, "error without notes", end()["error"], "there are no notes")
	ask(service, "dana", "POST", "/api/notes", `{"text": "a"}`)
	ask(service, "dana", "POST", "/api/notes", `{"text": "b"}`)
	want(t, "text", end()["text"], "a\nb\n")
}

func TestStrangersAndWrongRequestsAreRefused(t *testing.T) {
	service := NewService(everest(t))
	for _, wrong := range []struct {
		user, method, path, body string
		status                   int
	}{
		{"", "GET", "/api/notes", "", 401},
		{"dana", "POST", "/api/notes", `{"text": ""}`, 422},
		{"dana", "POST", "/api/notes", "no", 422},
		{"dana", "GET", "/api/notes?limit=0", "", 422},
		{"dana", "PUT", "/api/notes", "", 405},
		{"dana", "DELETE", "/api/whoami", "", 405},
		{"", "GET", "/api/events", "", 401},
		{"dana", "GET", "/api/exports", "", 405},
		{"dana", "GET", "/api/exports/none", "", 404},
		{"dana", "GET", "/nothing", "", 404},
		{"", "GET", "/healthz", "", 200},
	} {
		status, _ := ask(service, wrong.user, wrong.method, wrong.path, wrong.body)
		want(t, wrong.method+" "+wrong.path, status, wrong.status)
	}
	away := NewService(Everest{Address: "http://127.0.0.1:9"})
	status, _ := ask(away, "dana", "GET", "/api/notes", "")
	want(t, "no API", status, 502)
}

func TestTheDocumentHasTheVersion(t *testing.T) {
	if !strings.Contains(string(document), "version: "+Version+"\n") {
		t.Error("openapi.yaml has another version")
	}
}
