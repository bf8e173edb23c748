/* What the plugin does, whatever its form: called with the words after its name, it returns its exit code. */
#ifndef HELLO_H
#define HELLO_H

int hello(int count, const char *const *words);

/* What it says of itself, as a sidecar in JSON. */
extern const char hello_metadata[];

#endif
