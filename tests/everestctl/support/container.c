/* The program of the test's images: it tells what a container finds and may do, and nothing of it needs a library. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void tell_file(const char *what, const char *path) {
  char text[4096];
  int file = open(path, O_RDONLY);
  ssize_t length = file < 0 ? 0 : read(file, text, sizeof text - 1);
  text[length > 0 ? length : 0] = 0;
  text[strcspn(text, "\n")] = 0;
  printf("%s=%s\n", what, text);
}

/* A line of /proc/self/status. */
static void tell_status(const char *what, const char *name) {
  char line[256];
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status)) {
    if (strncmp(line, name, strlen(name)) == 0) {
      printf("%s=%s", what, line + strlen(name) + 1 + strspn(line + strlen(name) + 1, " \t"));
    }
  }
}

static const char *may_write(const char *path) {
  return open(path, O_CREAT | O_WRONLY, 0600) < 0 ? "no" : "yes";
}

int main(int count, char **words) {
  int code = 0;
  printf("arguments=");
  for (int at = 1; at < count; at++) printf("[%s]", words[at]);
  const char *token = getenv("EVEREST_TOKEN");
  printf("\ntoken=%s\n", token ? token : "");
  tell_file("image", "/label");
  struct winsize size;
  if (isatty(0) && ioctl(0, TIOCGWINSZ, &size) == 0) printf("terminal=%dx%d\n", size.ws_col, size.ws_row);
  else printf("terminal=no\n");
  printf("writes=%s\ntmp=%s\n", may_write("/new"), may_write("/tmp/new"));
  tell_status("capabilities", "CapEff:");
  tell_status("privileges", "NoNewPrivs:");
  for (int at = 1; at < count; at++) {
    if (strncmp(words[at], "exit=", 5) == 0) code = atoi(words[at] + 5);
    if (strncmp(words[at], "cat=", 4) == 0) tell_file("file", words[at] + 4);
    if (strcmp(words[at], "read") == 0) tell_file("input", "/dev/stdin");
    if (strcmp(words[at], "sleep") == 0) {
      printf("sleeping\n");
      fflush(stdout);
      sleep(60);
    }
  }
  return code;
}
