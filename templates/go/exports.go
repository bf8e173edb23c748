package main

import (
	"net/http"
	"strings"
	"time"
)

// Export is a job: all notes of a user as one text. It goes on after the request that starts it is answered.
type Export struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Text   string `json:"text,omitempty"`
	Error  string `json:"error,omitempty"`
}

// owned is the id of something of a user.
type owned struct{ user, id string }

func (service *Service) startExport(writer http.ResponseWriter, request *http.Request) {
	user, known := service.caller(writer, request, http.MethodPost)
	if !known {
		return
	}
	export := Export{ID: newID(), Status: "running"}
	service.lock.Lock()
	service.exports[owned{user, export.ID}] = export
	service.lock.Unlock()
	go service.export(user, export.ID)
	write(writer, http.StatusAccepted, export)
}

func (service *Service) export(user, id string) {
	// Yours takes its time.
	time.Sleep(300 * time.Millisecond)
	service.lock.Lock()
	defer service.lock.Unlock()
	export := Export{ID: id, Status: "succeeded"}
	for _, note := range service.notes[user] {
		export.Text += note.Text + "\n"
	}
	if export.Text == "" {
		export.Status, export.Error = "failed", "there are no notes"
	}
	service.exports[owned{user, id}] = export
}

func (service *Service) oneExport(writer http.ResponseWriter, request *http.Request) {
	user, known := service.caller(writer, request, http.MethodGet)
	if !known {
		return
	}
	id := strings.TrimPrefix(request.URL.Path, "/api/exports/")
	service.lock.Lock()
	defer service.lock.Unlock()
	export, found := service.exports[owned{user, id}]
	if !found {
		fail(writer, &Problem{Status: http.StatusNotFound, Error: "no export " + id, Hint: "everestctl <<name>> exports create"})
		return
	}
	write(writer, http.StatusOK, export)
}
