/* The plugin's exit codes; what it prints is left on standard output. */
#include "../src/plugin.h"

#include <stdio.h>
#include <string.h>

static int failed;

static void check(const char *name, int code, int count, const char *const *words) {
    int actual = plugin_run(count, words);
    if (actual != code) failed = 1;
    printf("%s %s: exit code %d\n", actual == code ? "ok    " : "FAILED", name, actual);
}

int main(void) {
    const char *const greets[] = {"hello", "Ada", "--loud"};
    const char *const server[] = {"server"};
    const char *const two[] = {"hello", "Ada", "Grace"};
    const char *const watch[] = {"watch", "Ada", "Grace"};
    const char *const flag[] = {"hello", "--nothing"};
    const char *const unknown[] = {"nothing"};
    const char *const help[] = {"hello", "--help"};
    check("it greets", 0, 3, greets);
    check("it shows the server", 0, 1, server);
    check("it shows help", 0, 2, help);
    check("it refuses a second name", 2, 3, two);
    check("it watches for one", 2, 3, watch);
    check("it refuses an unknown flag", 2, 2, flag);
    check("it refuses an unknown command", 2, 1, unknown);
    if (!strstr(plugin_metadata, "\"version\": \"<<version>>\"")) {
        puts("FAILED the metadata has another version");
        failed = 1;
    }
    return failed;
}
