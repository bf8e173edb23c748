// <<title>>: a server plugin of OpenEverest. This is the process: where it listens, how it ends.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	listener, err := listen()
	if err != nil {
		log.Fatal(err)
	}
	service := NewService(Everest{Address: os.Getenv("EVEREST_API_URL")})
	server := &http.Server{Handler: service, ReadHeaderTimeout: 10 * time.Second}
	server.RegisterOnShutdown(service.Stop)
	stopped, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		<-stopped.Done()
		// What runs is finished, and nothing new is taken.
		limit, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		ended <- server.Shutdown(limit)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
}

// listen gives the socket that the development host hands over, or one of its own.
func listen() (net.Listener, error) {
	if os.Getenv("LISTEN_FDS") != "" {
		return net.FileListener(os.NewFile(3, "http"))
	}
	host, port := os.Getenv("HOST"), os.Getenv("PORT")
	if host == "" {
		host = "127.0.0.1"
	}
	if port == "" {
		port = "<<port>>"
	}
	return net.Listen("tcp", net.JoinHostPort(host, port))
}
