/* The library that everestctl loads, in a process of its own: <<library>>. */
#include "everestctl_plugin.h"
#include "plugin.h"

#include <stdlib.h>
#include <string.h>

static int32_t run(const struct everestctl_invocation *invocation, const struct everestctl_host *host) {
    size_t count = invocation->argument_count, at;
    char **words = calloc(count + 1, sizeof *words);
    int32_t code = 125;
    (void)host;
    if (!words) return code;
    /* Arguments have lengths and no end: they are made texts here. */
    for (at = 0; at < count; at++) {
        const struct everestctl_bytes *argument = &invocation->arguments[at];
        words[at] = calloc(argument->size + 1, 1);
        if (!words[at]) break;
        if (argument->size) memcpy(words[at], argument->data, argument->size);
    }
    if (at == count) code = plugin_run((int)count, (const char *const *)words);
    for (at = 0; at < count; at++) free(words[at]);
    free(words);
    return code;
}

EVERESTCTL_EXPORT const struct everestctl_plugin *everestctl_plugin_descriptor(void) {
    static struct everestctl_plugin plugin = {
        sizeof plugin, EVERESTCTL_ABI_VERSION, 0, {plugin_metadata, 0}, run};
    plugin.metadata.size = strlen(plugin_metadata);
    return &plugin;
}
