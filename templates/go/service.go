package main

import (
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Version is that of the document, too: a test compares them.
const Version = "<<version>>"

// The document, written by hand. It is what makes commands of the routes.
//
//go:embed openapi.yaml
var document []byte

// Problem is what went wrong, as everestctl shows it: what happened, and what to do.
type Problem struct {
	Status int    `json:"-"`
	Error  string `json:"error"`
	Hint   string `json:"hint,omitempty"`
}

// Note is something to remember.
type Note struct {
	ID      string    `json:"id"`
	Text    string    `json:"text"`
	Created time.Time `json:"created"`
}

// Service keeps notes in memory, by user: put a database of your own in their place.
type Service struct {
	everest   Everest
	routes    *http.ServeMux
	stopping  chan struct{}
	lock      sync.Mutex
	notes     map[string][]Note
	listeners map[chan Note]string
	exports   map[owned]Export
}

// NewService makes a service without notes.
func NewService(everest Everest) *Service {
	service := &Service{
		everest:   everest,
		routes:    http.NewServeMux(),
		stopping:  make(chan struct{}),
		notes:     map[string][]Note{},
		listeners: map[chan Note]string{},
		exports:   map[owned]Export{},
	}
	service.routes.HandleFunc("/healthz", func(writer http.ResponseWriter, _ *http.Request) {
		write(writer, http.StatusOK, struct{}{})
	})
	service.routes.HandleFunc("/openapi.yaml", func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", "application/yaml")
		_, _ = writer.Write(document)
	})
<% if ui %>
	service.routes.HandleFunc("/main.js", func(writer http.ResponseWriter, request *http.Request) {
		http.ServeFile(writer, request, "ui/dist/main.js")
	})
<% endif %>
	service.routes.HandleFunc("/api/whoami", service.whoami)
	service.routes.HandleFunc("/api/notes", service.all)
	service.routes.HandleFunc("/api/notes/", service.one)
	service.routes.HandleFunc("/api/events", service.events)
	service.routes.HandleFunc("/api/exports", service.startExport)
	service.routes.HandleFunc("/api/exports/", service.oneExport)
	service.routes.HandleFunc("/", func(writer http.ResponseWriter, _ *http.Request) {
		fail(writer, &Problem{Status: http.StatusNotFound, Error: "not found"})
	})
	return service
}

func (service *Service) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	request.Body = http.MaxBytesReader(writer, request.Body, 1024*1024)
	service.routes.ServeHTTP(writer, request)
}

// Stop ends the streams: nothing else goes on for ever.
func (service *Service) Stop() { close(service.stopping) }

// caller gives the user who calls; without one, or with another method, the request is answered.
func (service *Service) caller(writer http.ResponseWriter, request *http.Request, method string) (string, bool) {
	user, problem := service.everest.Caller(request)
	if problem == nil && request.Method != method {
		writer.Header().Set("Allow", method)
		problem = &Problem{Status: http.StatusMethodNotAllowed, Error: "method not allowed"}
	}
	if problem != nil {
		fail(writer, problem)
	}
	return user, problem == nil
}

func (service *Service) whoami(writer http.ResponseWriter, request *http.Request) {
	if user, known := service.caller(writer, request, http.MethodGet); known {
		write(writer, http.StatusOK, map[string]string{"user": user})
	}
}

func (service *Service) all(writer http.ResponseWriter, request *http.Request) {
	user, problem := service.everest.Caller(request)
	if problem != nil {
		fail(writer, problem)
		return
	}
	switch request.Method {
	case http.MethodGet:
		service.list(writer, request, user)
	case http.MethodPost:
		service.create(writer, request, user)
	default:
		writer.Header().Set("Allow", "GET, POST")
		fail(writer, &Problem{Status: http.StatusMethodNotAllowed, Error: "method not allowed"})
	}
}

func (service *Service) list(writer http.ResponseWriter, request *http.Request, user string) {
	limit, after := 50, request.URL.Query().Get("after")
	if text := request.URL.Query().Get("limit"); text != "" {
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 || number > 100 {
			fail(writer, &Problem{Status: http.StatusUnprocessableEntity, Error: "limit: must be 1 to 100"})
			return
		}
		limit = number
	}
	service.lock.Lock()
	defer service.lock.Unlock()
	mine := service.notes[user]
	start := position(mine, after) + 1
	if after != "" && start == 0 {
		problem := &Problem{Status: http.StatusUnprocessableEntity, Error: "after: there is no such note"}
		problem.Hint = "start at the first page again"
		fail(writer, problem)
		return
	}
	end := start + limit
	if end > len(mine) {
		end = len(mine)
	}
	page := struct {
		Items []Note `json:"items"`
		Next  string `json:"next,omitempty"`
	}{Items: append([]Note{}, mine[start:end]...)}
	if end < len(mine) {
		page.Next = mine[end-1].ID
	}
	write(writer, http.StatusOK, page)
}

func (service *Service) create(writer http.ResponseWriter, request *http.Request, user string) {
	var given struct {
		Text string `json:"text"`
	}
	if err := json.NewDecoder(request.Body).Decode(&given); err != nil {
		fail(writer, &Problem{Status: http.StatusUnprocessableEntity, Error: "the body is not a note in JSON"})
		return
	}
	if given.Text == "" || len(given.Text) > 10000 {
		fail(writer, &Problem{Status: http.StatusUnprocessableEntity, Error: "text: must have 1 to 10,000 characters"})
		return
	}
	note := Note{ID: newID(), Text: given.Text, Created: time.Now().UTC()}
	service.lock.Lock()
	defer service.lock.Unlock()
	service.notes[user] = append(service.notes[user], note)
	service.tell(user, note)
	write(writer, http.StatusCreated, note)
}

func (service *Service) one(writer http.ResponseWriter, request *http.Request) {
	user, problem := service.everest.Caller(request)
	if problem != nil {
		fail(writer, problem)
		return
	}
	id := strings.TrimPrefix(request.URL.Path, "/api/notes/")
	service.lock.Lock()
	defer service.lock.Unlock()
	at := position(service.notes[user], id)
	if at < 0 {
		fail(writer, &Problem{Status: http.StatusNotFound, Error: "no note " + id, Hint: "everestctl <<name>> notes list"})
		return
	}
	switch request.Method {
	case http.MethodGet:
		write(writer, http.StatusOK, service.notes[user][at])
	case http.MethodDelete:
		service.notes[user] = append(service.notes[user][:at], service.notes[user][at+1:]...)
		writer.WriteHeader(http.StatusNoContent)
	default:
		writer.Header().Set("Allow", "GET, DELETE")
		fail(writer, &Problem{Status: http.StatusMethodNotAllowed, Error: "method not allowed"})
	}
}

func newID() string {
	random := make([]byte, 4)
	// The system always has some.
	_, _ = rand.Read(random)
	return hex.EncodeToString(random)
}

// position of the note with this id, -1 without one.
func position(notes []Note, id string) int {
	for at, note := range notes {
		if note.ID == id {
			return at
		}
	}
	return -1
}

func write(writer http.ResponseWriter, status int, value any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	_ = json.NewEncoder(writer).Encode(value)
}

func fail(writer http.ResponseWriter, problem *Problem) {
	write(writer, problem.Status, problem)
}
