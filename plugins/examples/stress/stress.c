/*
 * Everything that a plugin can do wrong, on request. What it does when it runs, its first argument says; what is wrong with the library
 * itself, a macro says when it is built (-DLIE=...).
 */
#include "everestctl_plugin.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What can be wrong with the library. */
#define NOTHING 0
#define SMALL_STRUCT 1
#define LARGE_STRUCT 2
#define OTHER_VERSION 3
#define NO_RUN 4
#define NO_METADATA 5
#define LARGE_METADATA 6
#define NOT_UTF8 7
#define NOT_JSON 8
#define NULL_DESCRIPTOR 9
#define HANG 10
#define CRASH 11
#define EXIT 12
#define CHATTER 13
#define NEEDS_MORE 14
#define LATER_PROTOCOL 15
#define NO_SYMBOL 16
#define UNDEFINED_SYMBOL 17
#define CREDENTIALS 18
#define NOTED 19
#ifndef LIE
#define LIE NOTHING
#endif

static const struct everestctl_host *everestctl;

static struct everestctl_bytes text(const char *words) {
    struct everestctl_bytes bytes = {words, strlen(words)};
    return bytes;
}

static void say(const char *words) { everestctl->write(everestctl->context, EVERESTCTL_STDOUT, text(words)); }

static void show(const struct everestctl_response *response, int32_t code) {
    char line[128];
    snprintf(line, sizeof line, "code %d status %d headers %d\n", code, response->status, response->header_count > 0);
    say(line);
    everestctl->write(everestctl->context, EVERESTCTL_STDOUT, response->body);
    everestctl->write(everestctl->context, EVERESTCTL_STDERR, response->error);
    everestctl->write(everestctl->context, EVERESTCTL_STDERR, response->hint);
}

static void size_changed(int number) {
    struct winsize size;
    char line[64];
    (void)number;
    if (ioctl(0, TIOCGWINSZ, &size) == 0) {
        int length = snprintf(line, sizeof line, "size %dx%d\n", size.ws_col, size.ws_row);
        if (write(1, line, (size_t)length) < 0) _exit(3);
    }
}

static void *busy(void *nothing) {
    for (;;) sleep(1);
    return nothing;
}

/* Calls that make no sense: each is refused, and nothing breaks. */
static int nonsense(void) {
    struct everestctl_response response = {0, 0, NULL, 0, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL};
    struct everestctl_request request;
    struct everestctl_bytes nowhere = {NULL, 5};
    int refused = 0;
    memset(&request, 0, sizeof request);
    refused += everestctl->write(everestctl->context, 7, text("x")) == EVERESTCTL_INVALID;
    refused += everestctl->write(everestctl->context, EVERESTCTL_STDOUT, nowhere) == EVERESTCTL_INVALID;
    refused += everestctl->token(everestctl->context, NULL) == EVERESTCTL_INVALID;
    refused += everestctl->token(everestctl->context, &response) == EVERESTCTL_INVALID;
    refused += everestctl->token(NULL, &response) == EVERESTCTL_INVALID;
    refused += everestctl->request(everestctl->context, NULL, &response) == EVERESTCTL_INVALID;
    refused += everestctl->request(everestctl->context, &request, &response) == EVERESTCTL_INVALID;
    everestctl->release(everestctl->context, NULL);
    everestctl->release(everestctl->context, &response);
    return refused;
}

static int32_t run(const struct everestctl_invocation *invocation, const struct everestctl_host *host) {
    char words[4][256] = {"", "", "", ""};
    everestctl = host;
    for (size_t at = 0; at < invocation->argument_count && at < 4; at++) {
        const struct everestctl_bytes *argument = &invocation->arguments[at];
        size_t size = argument->size < 255 ? argument->size : 255;
        if (size) memcpy(words[at], argument->data, size);
    }
    const char *what = words[0];
    if (strcmp(what, "crash") == 0) return *(volatile int *)8;
    if (strcmp(what, "abort") == 0) abort();
    if (strcmp(what, "kill") == 0) raise(SIGKILL);
    if (strcmp(what, "code") == 0) return atoi(words[1]);
    if (strcmp(what, "exit") == 0) exit(atoi(words[1]));
    if (strcmp(what, "_exit") == 0) _exit(atoi(words[1]));
    if (strcmp(what, "close") == 0) {
        close(1);
        return host->write(host->context, EVERESTCTL_STDOUT, text("x")) == EVERESTCTL_FAILED ? 9 : 8;
    }
    if (strcmp(what, "threads") == 0) {
        pthread_t thread;
        for (int at = 0; at < 8; at++) pthread_create(&thread, NULL, busy, NULL);
        say("started\n");
        return 0;
    }
    if (strcmp(what, "stdio") == 0) {
        /* What C keeps back is written at the end. */
        printf("kept back\n");
        return 0;
    }
    if (strcmp(what, "flood") == 0)
        for (;;) puts("more");
    if (strcmp(what, "hang") == 0) {
        say("hanging\n");
        busy(NULL);
    }
    if (strcmp(what, "size") == 0) {
        signal(SIGWINCH, size_changed);
        size_changed(0);
        for (;;) pause();
    }
    if (strcmp(what, "cancel") == 0) {
        int32_t cancelled = host->is_cancelled(host->context);
        say("waiting\n");
        while (!cancelled) {
            usleep(10000);
            cancelled = host->is_cancelled(host->context);
        }
        say("cancelled\n");
        return 30;
    }
    if (strcmp(what, "progress") == 0) {
        for (uint64_t done = 1; done <= 4; done++) host->progress(host->context, text("counting"), done, 4);
        say("done\n");
        return 0;
    }
    if (strcmp(what, "nonsense") == 0) {
        char line[64];
        snprintf(line, sizeof line, "refused %d\n", nonsense());
        say(line);
        return 0;
    }
    if (strcmp(what, "token") == 0 || strcmp(what, "request") == 0) {
        struct everestctl_response response;
        struct everestctl_request request;
        struct everestctl_header header;
        int32_t code;
        memset(&response, 0, sizeof response);
        memset(&request, 0, sizeof request);
        response.struct_size = sizeof response;
        request.struct_size = sizeof request;
        header.name = text("x-note");
        header.value = text("from stress");
        request.method = text(words[1]);
        request.path = text(words[2]);
        request.plugin = text(words[3]);
        request.headers = &header;
        request.header_count = 1;
        if (strcmp(words[1], "POST") == 0) request.body = text("{\"a\":1}");
        code = strcmp(what, "token") == 0 ? host->token(host->context, &response)
                                          : host->request(host->context, &request, &response);
        show(&response, code);
        host->release(host->context, &response);
        return code;
    }
    if (strcmp(what, "variable") == 0) {
        const char *value = getenv(words[1]);
        say(value ? value : "(none)");
        say("\n");
        return 0;
    }
    for (size_t at = 0; at < invocation->argument_count; at++) {
        say("[");
        host->write(host->context, EVERESTCTL_STDOUT, invocation->arguments[at]);
        say("]\n");
    }
    return 0;
}

#define WORDS "\"words\": {\"crash\": \"Crash\", \"code <CODE>\": \"End with this code\"}"
#if LIE == LARGE_METADATA
static char metadata[100 * 1024 * 1024];
#elif LIE == NOT_UTF8
static const char metadata[] = "{\"summary\": \"\xff\"}";
#elif LIE == NOT_JSON
static const char metadata[] = "{\"summary\": ";
#elif LIE == NEEDS_MORE
static const char metadata[] = "{\"summary\": \"Misbehave\", \"requires\": [\"telepathy\"]}";
#elif LIE == LATER_PROTOCOL
static const char metadata[] = "{\"summary\": \"Misbehave\", \"protocol\": 99}";
#elif LIE == CREDENTIALS
static const char metadata[] = "{\"summary\": \"Misbehave\", \"credentials\": \"env\"}";
#else
static const char metadata[] =
    "{\"summary\": \"Misbehave\\u001b[31m on request\", \"version\": \"1.0\", \"completion\": \"words\","
    " \"features\": [\"telepathy\"], \"later\": 1, " WORDS "}";
#endif

#if LIE == NOTED
/* Notes that it was loaded. */
__attribute__((constructor)) static void loaded(void) {
    FILE *notes = fopen("loaded", "a");
    if (notes) fputs("loaded\n", notes), fclose(notes);
}
#endif

#if LIE == UNDEFINED_SYMBOL
int nobody_has_this(void);
#endif

#if LIE == NO_SYMBOL
EVERESTCTL_EXPORT const struct everestctl_plugin *another_name(void);
#define everestctl_plugin_descriptor another_name
#endif

EVERESTCTL_EXPORT const struct everestctl_plugin *everestctl_plugin_descriptor(void) {
    static struct everestctl_plugin plugin = {sizeof plugin, EVERESTCTL_ABI_VERSION, 0, {metadata, sizeof metadata - 1}, run};
#if LIE == SMALL_STRUCT
    plugin.struct_size = 8;
#elif LIE == LARGE_STRUCT
    plugin.struct_size = (size_t)1 << 40;
#elif LIE == OTHER_VERSION
    plugin.abi_version = 2;
#elif LIE == NO_RUN
    plugin.run = NULL;
#elif LIE == NO_METADATA
    plugin.metadata.data = NULL;
#elif LIE == NULL_DESCRIPTOR
    return NULL;
#elif LIE == HANG
    busy(NULL);
#elif LIE == CRASH
    abort();
#elif LIE == EXIT
    exit(0);
#elif LIE == CHATTER
    puts("what a library says while it is loaded");
    fflush(stdout);
#elif LIE == UNDEFINED_SYMBOL
    plugin.reserved = (uint32_t)nobody_has_this();
#endif
    return &plugin;
}
