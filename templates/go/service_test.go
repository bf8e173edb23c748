package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
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
