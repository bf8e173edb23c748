/* The executable form: everestctl-hello-c. */
#include "hello.h"

int main(int count, char **words) {
    return hello(count - 1, (const char *const *)words + 1);
}
