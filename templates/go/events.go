package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// alive is how often a stream in which nothing happens shows that it is one.
const alive = 15 * time.Second

// events sends the notes of the caller, and with `follow` those that are written from then on. The id of an event is that of its note: who was cut
// off names it in Last-Event-ID, and goes on behind it.
func (service *Service) events(writer http.ResponseWriter, request *http.Request) {
	user, known := service.caller(writer, request, http.MethodGet)
	if !known {
		return
	}
	// Who is further behind than this is cut off, and comes again.
	news := make(chan Note, 16)
	past, problem := service.listen(user, request.Header.Get("Last-Event-ID"), news)
	if problem != nil {
		fail(writer, problem)
		return
	}
	defer service.leave(news)
	writer.Header().Set("Content-Type", "text/event-stream")
	for _, note := range past {
		send(writer, note)
	}
	for request.URL.Query().Get("follow") == "true" {
		if flusher, can := writer.(http.Flusher); can {
			flusher.Flush()
		}
		select {
		case note, open := <-news:
			if !open {
				return
			}
			send(writer, note)
		case <-time.After(alive):
			fmt.Fprint(writer, ": alive\n\n")
		case <-request.Context().Done():
			return
		case <-service.stopping:
			return
		}
	}
}

// listen gives the notes behind the one with the id `last`; those that are written from now on go to `news`.
func (service *Service) listen(user, last string, news chan Note) ([]Note, *Problem) {
	service.lock.Lock()
	defer service.lock.Unlock()
	mine := service.notes[user]
	start := position(mine, last) + 1
	if last != "" && start == 0 {
		return nil, &Problem{Status: http.StatusGone, Error: "Last-Event-ID: there is no such note"}
	}
	service.listeners[news] = user
	return append([]Note{}, mine[start:]...), nil
}

func (service *Service) leave(news chan Note) {
	service.lock.Lock()
	defer service.lock.Unlock()
	delete(service.listeners, news)
}

// tell tells those who listen of a note. The caller holds the lock.
func (service *Service) tell(user string, note Note) {
	for news, who := range service.listeners {
		if who != user {
			continue
		}
		select {
		case news <- note:
		default:
			delete(service.listeners, news)
			close(news)
		}
	}
}

func send(writer http.ResponseWriter, note Note) {
	data, _ := json.Marshal(note)
	fmt.Fprintf(writer, "id: %s\nevent: note\ndata: %s\n\n", note.ID, data)
}
