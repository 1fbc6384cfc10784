/* source_filter.h -- lets the kernel drop datagrams of all but one source.
 *
 * A socket filter (BPF) rather than connect(): connecting and its reverse can
 * lose a port that the kernel has chosen, and a connected socket reports the ICMP
 * errors of its peer. Dropped datagrams take no room in the socket's buffer.
 */
#ifndef MM_SOURCE_FILTER_H
#define MM_SOURCE_FILTER_H

#include "io/udp.h"

/* Receive from this host only, and from this port only unless `any_port`;
 * replaces an earlier filter. 0 or -errno (EPERM where filters are forbidden). */
int mm_source_filter_set(int fd, const struct mm_address *source, bool any_port);
void mm_source_filter_clear(int fd);

#endif
