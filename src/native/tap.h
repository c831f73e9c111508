#ifndef PIKA_TAP_H
#define PIKA_TAP_H

#include <stdbool.h>

/*
 * One more queue of the TAP `name` in this network namespace, which it makes if need be: its descriptor, or -errno with the
 * failed call (EINVAL: it is no TAP, or one of the other sort). A TAP that was not made to stay vanishes with its last descriptor.
 */
int tap_open(const char *name, bool multi_queue, const char **call);

#endif
