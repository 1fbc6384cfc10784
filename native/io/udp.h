/* udp.h -- batches of datagrams: recvmmsg with kernel timestamps, sendmmsg. */
#ifndef MM_UDP_H
#define MM_UDP_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "mm.h"

#define MM_UDP_BATCH 64

struct mm_address {               /* IPv4 or IPv6                           */
	socklen_t len;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u;
};

struct mm_datagram {
	struct mm_address from;
	int64_t arrival_us;       /* CLOCK_MONOTONIC, from SO_TIMESTAMPNS   */
	size_t size;
	uint8_t bytes[MM_MAX_DATAGRAM_BYTES];
};

bool mm_address_equal(const struct mm_address *a, const struct mm_address *b);
/* "127.0.0.1" or "::1"; -EINVAL otherwise (names are resolved in Python). */
int mm_address_parse(struct mm_address *address, const char *host,
		     uint16_t port);

/* Whether it stands for all addresses of the machine. */
bool mm_address_is_any(const struct mm_address *address);
/* Let a socket serve the families of the address that it is bound to: "::" is of
 * both. 0 or -errno. */
int mm_address_set_families(int fd, const struct mm_address *local);
/* Write an IPv4-mapped IPv6 address as IPv4. */
void mm_address_unmap(struct mm_address *address);

#define MM_HOST_BYTES 46          /* INET6_ADDRSTRLEN                       */
/* The reverse: numeric host, NUL-terminated, and the port returned. */
uint16_t mm_address_format(const struct mm_address *address,
			   char host[MM_HOST_BYTES]);

/* Open, bind (port 0: any), non-blocking, timestamps on; fd or -errno. Bound to
 * "::" it is of both families: IPv4 addresses stay IPv4 addresses both ways. */
int mm_udp_open(const struct mm_address *local, int receive_buffer_bytes);
uint16_t mm_udp_port(int fd);
/* Up to `max` (<= MM_UDP_BATCH) datagrams, 0 when none is waiting. */
int mm_udp_receive(int fd, struct mm_datagram *datagrams, size_t max);

/* An outgoing batch over one socket, sent when full or flushed. */
struct mm_udp_out {
	struct mm_address to;
	size_t size;
	uint8_t bytes[MM_MAX_DATAGRAM_BYTES];
};
/* Number of datagrams that the kernel accepted; the caller counts the rest
 * (socket buffer full). */
int mm_udp_send_batch(int fd, const struct mm_udp_out *out, size_t count);
/* 0 or -errno. */
int mm_udp_send(int fd, const struct mm_address *to, const uint8_t *bytes,
		size_t size);

#endif
