/* What the plugin does: called with the words after its name, it returns its exit code. */
#ifndef PLUGIN_H
#define PLUGIN_H

int plugin_run(int count, const char *const *words);

/* What it says of itself, as a sidecar in JSON. */
extern const char plugin_metadata[];

#endif
