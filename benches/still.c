// A native library that does nothing.
#include "everestctl_plugin.h"
static int32_t run(const struct everestctl_invocation *invocation, const struct everestctl_host *host) {
  return !invocation || !host;
}
const struct everestctl_plugin *everestctl_plugin_descriptor(void) {
  static const struct everestctl_plugin plugin = {sizeof plugin, EVERESTCTL_ABI_VERSION, 0, {"{}", 2}, run};
  return &plugin;
}
