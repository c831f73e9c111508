#ifndef PIKA_TAP_H
#define PIKA_TAP_H

/*
 * One more queue of the multi-queue TAP `name` in this network namespace, which it makes if need be: its descriptor, or
 * -errno with the failed call. A TAP that was not made to stay vanishes with its last descriptor.
 */
int tap_open(const char *name, const char **call);

#endif
