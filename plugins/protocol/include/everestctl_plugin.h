/*
 * everestctl_plugin.h: the C interface of native plugins of everestctl, version 1.
 *
 * A native plugin is a shared library, libeverestctl_NAME.so (.dylib on macOS), in the plugin folder of everestctl. It
 * exports one function, everestctl_plugin_descriptor(). everestctl loads the library in a process of its own for each
 * run, so that a crash of the plugin ends that process and nothing else.
 *
 * Rules that hold everywhere:
 *
 * - Text is UTF-8 with a length, and need not end in a NUL byte; data may be NULL where size is 0. Arguments are the
 *   bytes that the user typed, which need not be UTF-8.
 * - Whoever allocates memory releases it. Nobody calls free() for what the other side has made.
 * - What is passed to a function is valid until that function returns, unless its comment says more.
 * - Each struct starts with its size, as sizeof says it to the side that makes it. Later versions only add members at
 *   the end: a member is there if the size covers it.
 * - No C++ exception and no Rust panic may leave a function of this file.
 */
#ifndef EVERESTCTL_PLUGIN_H
#define EVERESTCTL_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this file. A library with another one is not loaded. */
#define EVERESTCTL_ABI_VERSION 1u

#if defined(_WIN32)
#define EVERESTCTL_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define EVERESTCTL_EXPORT __attribute__((visibility("default")))
#else
#define EVERESTCTL_EXPORT
#endif

/* What the functions of the host return. */
#define EVERESTCTL_OK 0       /* done */
#define EVERESTCTL_FAILED 1   /* it did not work; response.error says why */
#define EVERESTCTL_INVALID 2  /* the call makes no sense: a NULL pointer, a size that is too small, text that is not UTF-8 */
#define EVERESTCTL_SIGN_IN 4  /* the user has to sign in first */

/* Streams for everestctl_host.write. */
#define EVERESTCTL_STDOUT 1
#define EVERESTCTL_STDERR 2

/* Bytes with a length. */
struct everestctl_bytes {
    const char *data;
    size_t size;
};

/* One header of an HTTP message; the names of a response are in lower case. */
struct everestctl_header {
    struct everestctl_bytes name;
    struct everestctl_bytes value;
};

/* What the user typed. Made by the host; valid until run returns. */
struct everestctl_invocation {
    size_t struct_size;
    /* The canonical name of the plugin. */
    struct everestctl_bytes name;
    /* The arguments after the name. */
    const struct everestctl_bytes *arguments;
    size_t argument_count;
};

/* A request to the backend of a plugin of the server, or to the server itself. Made by the plugin. */
struct everestctl_request {
    size_t struct_size;
    /* The plugin whose backend is meant; size 0 for the one of this plugin's own name. */
    struct everestctl_bytes plugin;
    /* GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS. */
    struct everestctl_bytes method;
    /* Path and query inside the plugin: /api/runs?limit=5 */
    struct everestctl_bytes path;
    /* Further headers. Those that say who the user is are the host's own. */
    const struct everestctl_header *headers;
    size_t header_count;
    struct everestctl_bytes body;
};

/*
 * The host's response. The plugin sets struct_size and nothing else; the host fills in the rest, which is valid until
 * everestctl_host.release. Release it once, whatever the call returned, unless that was EVERESTCTL_INVALID.
 */
struct everestctl_response {
    size_t struct_size;
    /* Of a request: the HTTP status. 0 where there was no response. */
    int32_t status;
    const struct everestctl_header *headers;
    size_t header_count;
    /* The body of a response; the token. */
    struct everestctl_bytes body;
    /* Why it did not work, in one line for the user. */
    struct everestctl_bytes error;
    /* What the user can type next; often empty. */
    struct everestctl_bytes hint;
    /* The host's own. */
    void *owner;
};

/*
 * What the plugin may ask of its host while run is running. Each function takes the context of this struct first, may be
 * called from any thread, and must not be called once run has returned. The environment of the process says the rest: EVEREST_HOST,
 * EVEREST_NAMESPACE, EVERESTCTL_OUTPUT and the other variables that every plugin finds.
 */
struct everestctl_host {
    size_t struct_size;
    /* EVERESTCTL_ABI_VERSION of the host. */
    uint32_t abi_version;
    /* The version of the plugin protocol, as in EVERESTCTL_PROTOCOL. */
    uint32_t protocol;
    void *context;
    /* Writes all of it to a stream. Where the reader has gone, SIGPIPE ends the process, as it does any program. */
    int32_t (*write)(void *context, int32_t stream, struct everestctl_bytes text);
    /* A token of the user's session, renewed when it is about to end. It must not be printed. */
    int32_t (*token)(void *context, struct everestctl_response *response);
    /* Sends a request through the session. EVERESTCTL_OK when there is a response, whatever its status. */
    int32_t (*request)(void *context, const struct everestctl_request *request, struct everestctl_response *response);
    /* Takes a response back. */
    void (*release)(void *context, struct everestctl_response *response);
    /* Shows how far the plugin is, on a terminal; total 0 where it is not known. done == total != 0 ends it. */
    int32_t (*progress)(void *context, struct everestctl_bytes message, uint64_t done, uint64_t total);
    /*
     * Whether the user has pressed Ctrl-C, or somebody wants the process to end: the number of that signal, or 0. From the first
     * call on, the first such signal no longer ends the process; a second one does. A plugin that ends for it gives 128 and the
     * number as its exit code.
     */
    int32_t (*is_cancelled)(void *context);
    /*
     * Sends a request to the OpenEverest API itself through the session: plugin is empty, and the path begins with /v1/.
     * There with the feature `server-api` only: look whether struct_size covers it, or name the feature in `requires`.
     */
    int32_t (*request_server)(void *context, const struct everestctl_request *request, struct everestctl_response *response);
};

/* The plugin. Made by the library, static: it is valid for as long as the library is loaded. */
struct everestctl_plugin {
    size_t struct_size;
    /* EVERESTCTL_ABI_VERSION of the plugin. */
    uint32_t abi_version;
    /* 0. */
    uint32_t reserved;
    /*
     * JSON with the keys of the sidecar file: summary, version, vendor, credentials, completion, words, protocol, requires. At
     * most 64 KiB. It is read when the file is new, and kept: it must be the same each time.
     */
    struct everestctl_bytes metadata;
    /* Runs the command and returns its exit code, 0 to 255. Called once, in the main thread. */
    int32_t (*run)(const struct everestctl_invocation *invocation, const struct everestctl_host *host);
};

/* What the library exports. It gives the descriptor and does nothing else: it is called for TAB and help, too. */
EVERESTCTL_EXPORT const struct everestctl_plugin *everestctl_plugin_descriptor(void);

#ifdef __cplusplus
}
#endif

#endif
