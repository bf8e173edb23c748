/* Says hello, and shows where it runs: the plugin itself. */
#include "hello.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char hello_metadata[] =
    "{\"summary\": \"Say hello from C\", \"version\": \"1.0.0\", \"protocol\": 1,"
    " \"completion\": \"words\", \"words\": {"
    "\"--loud\": \"Shout\", \"--environment\": \"Show where the plugin runs\","
    " \"--exit <CODE>\": \"End with this exit code\"}}";

/* An image has the name of its resource. */
static void usage(void) {
    const char *name = getenv("EVERESTCTL_PLUGIN");
    printf("Say hello from C\n\nUsage: everestctl %s [NAME] [--loud] [--environment] [--exit CODE]\n",
           name && *name ? name : "hello-c");
}

/* Without the version and the features of everestctl: they say nothing of the form. */
static const char *const variables[] = {"EVERESTCTL_PLUGIN", "EVERESTCTL_OUTPUT", "EVEREST_HOST", "EVEREST_NAMESPACE"};

int hello(int count, const char *const *words) {
    const char *name = "world";
    int loud = 0, code = 0;
    for (int at = 0; at < count; at++) {
        if (strcmp(words[at], "--help") == 0 || strcmp(words[at], "-h") == 0) {
            usage();
            return 0;
        }
        if (strcmp(words[at], "--version") == 0) {
            puts("hello-c 1.0.0");
            return 0;
        }
        if (strcmp(words[at], "--loud") == 0) {
            loud = 1;
        } else if (strcmp(words[at], "--exit") == 0 && at + 1 < count) {
            code = atoi(words[++at]);
        } else if (strcmp(words[at], "--environment") == 0) {
            for (size_t number = 0; number < sizeof variables / sizeof *variables; number++) {
                const char *value = getenv(variables[number]);
                printf("%s=%s\n", variables[number], value ? value : "");
            }
            return code;
        } else if (words[at][0] == '-') {
            fprintf(stderr, "error: unexpected argument %s\n", words[at]);
            return 2;
        } else {
            name = words[at];
        }
    }
    fputs(loud ? "HELLO, " : "hello, ", stdout);
    for (; *name; name++) putchar(loud ? toupper((unsigned char)*name) : *name);
    putchar('\n');
    return code;
}
