/* The library form: libeverestctl_hello-c.so. */
#include "everestctl_plugin.h"
#include "hello.h"

#include <stdlib.h>
#include <string.h>

static int32_t run(const struct everestctl_invocation *invocation, const struct everestctl_host *host) {
    size_t count = invocation->argument_count;
    char **words = calloc(count + 1, sizeof *words);
    (void)host;
    if (!words) return 125;
    for (size_t at = 0; at < count; at++) {
        const struct everestctl_bytes *argument = &invocation->arguments[at];
        words[at] = calloc(argument->size + 1, 1);
        if (!words[at]) return 125;
        if (argument->size) memcpy(words[at], argument->data, argument->size);
    }
    return hello((int)count, (const char *const *)words);
}

EVERESTCTL_EXPORT const struct everestctl_plugin *everestctl_plugin_descriptor(void) {
    static struct everestctl_plugin plugin = {
        sizeof plugin, EVERESTCTL_ABI_VERSION, 0, {hello_metadata, 0}, run};
    plugin.metadata.size = strlen(hello_metadata);
    return &plugin;
}
