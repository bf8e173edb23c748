package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Everest is the OpenEverest API, which says who calls: a header alone could be anybody's.
type Everest struct{ Address string }

var client = &http.Client{Timeout: 10 * time.Second}

// Caller gives the user who sends the request.
func (everest Everest) Caller(request *http.Request) (string, *Problem) {
	token := request.Header.Get("X-Everest-User")
	if token == "" {
		token = strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")
	}
	if token == "" {
		return "", &Problem{Status: http.StatusUnauthorized, Error: "missing auth token"}
	}
	unreachable := &Problem{Status: http.StatusBadGateway, Error: "the OpenEverest API is not reachable"}
	address := strings.TrimSuffix(everest.Address, "/") + "/v1/clusters/main/plugin-context"
	question, err := http.NewRequestWithContext(request.Context(), http.MethodGet, address, nil)
	if err != nil {
		return "", unreachable
	}
	question.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(question)
	if err != nil {
		return "", unreachable
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden {
		return "", &Problem{Status: answer.StatusCode, Error: "the OpenEverest API refuses the token"}
	}
	var context struct {
		User string `json:"user"`
	}
	body := http.MaxBytesReader(nil, answer.Body, 1024*1024)
	if answer.StatusCode != http.StatusOK || json.NewDecoder(body).Decode(&context) != nil || context.User == "" {
		why := fmt.Sprintf("the OpenEverest API answered %d", answer.StatusCode)
		return "", &Problem{Status: http.StatusBadGateway, Error: why}
	}
	return context.User, nil
}
