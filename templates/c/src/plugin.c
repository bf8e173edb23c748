/* <<title>>: the plugin itself. It knows nothing of libraries, so that its tests can call it. */
#include "plugin.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION "<<version>>"

const char plugin_metadata[] =
    "{\"summary\": \"Greet somebody\", \"version\": \"" VERSION "\", \"protocol\": 1,"
    " \"completion\": \"words\", \"words\": {"
    "\"hello\": \"Greet somebody\", \"hello --loud\": \"Shout\","
    " \"server\": \"Show the server and the namespace in use\","
    " \"watch\": \"Greet somebody each second, until Ctrl-C\"}}";

static const char usage[] =
    "<<title>>\n\n"
    "Usage: everestctl <<name>> hello [NAME] [--loud]\n"
    "       everestctl <<name>> server\n"
    "       everestctl <<name>> watch [NAME]\n\n"
    "Commands:\n"
    "  hello   Greet somebody\n"
    "  server  Show the server and the namespace in use\n"
    "  watch   Greet somebody each second, until Ctrl-C\n\n"
    "Options:\n"
    "  --loud     Shout\n"
    "  --version  Show the version\n"
    "  --help     Show this help\n";

/* What is wrong with the command line: exit code 2, as everywhere in everestctl. */
static int refuse(const char *what, const char *word) {
    fprintf(stderr, "error: %s %s\nhint: everestctl <<name>> --help\n", what, word);
    return 2;
}

/* Output that nobody can have is an error, too. */
static int done(void) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    perror("error: could not write the output");
    return 1;
}

static int hello(int count, const char *const *words) {
    const char *name = NULL;
    int loud = 0;
    for (int at = 0; at < count; at++) {
        if (strcmp(words[at], "--loud") == 0) {
            loud = 1;
        } else if (words[at][0] == '-' || name) {
            return refuse("unexpected argument", words[at]);
        } else {
            name = words[at];
        }
    }
    fputs(loud ? "HELLO, " : "hello, ", stdout);
    for (const char *letter = name ? name : "world"; *letter; letter++) {
        putchar(loud ? toupper((unsigned char)*letter) : *letter);
    }
    putchar('\n');
    return done();
}

static int server(int count, const char *const *words) {
    const char *host = getenv("EVEREST_HOST"), *space = getenv("EVEREST_NAMESPACE");
    if (count > 0) return refuse("unexpected argument", words[0]);
    printf("server: %s\nnamespace: %s\n", host ? host : "none", space ? space : "none");
    return done();
}

static int watch(int count, const char *const *words) {
    if (count > 1) return refuse("unexpected argument", words[1]);
    if (count > 0 && words[0][0] == '-') return refuse("unexpected argument", words[0]);
    for (;;) {
        printf("hello, %s\n", count > 0 ? words[0] : "world");
        int code = done();
        if (code != 0) return code;
        sleep(1);
    }
}

int plugin_run(int count, const char *const *words) {
    for (int at = 0; at < count; at++) {
        if (strcmp(words[at], "--help") == 0 || strcmp(words[at], "-h") == 0) {
            fputs(usage, stdout);
            return done();
        }
    }
    if (count == 0) {
        fputs(usage, stdout);
        return done();
    }
    if (strcmp(words[0], "--version") == 0) {
        puts("<<name>> " VERSION);
        return done();
    }
    if (strcmp(words[0], "hello") == 0) return hello(count - 1, words + 1);
    if (strcmp(words[0], "server") == 0) return server(count - 1, words + 1);
    if (strcmp(words[0], "watch") == 0) return watch(count - 1, words + 1);
    return refuse(words[0][0] == '-' ? "unexpected argument" : "unknown command", words[0]);
}
