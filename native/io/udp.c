/* udp.c -- UDP sockets that receive and send in batches. */
#define _GNU_SOURCE
#include "io/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_US 1000
#define US_PER_S 1000000
#define DSCP_EF_TOS 0xb8              /* RFC 4594: telephony is EF          */
/* A kernel timestamp older than this means that the wall clock was set. */
#define MAX_QUEUE_AGE_US (10 * US_PER_S)

/* Room for one timestamp, aligned as a control message must be. */
union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(struct timespec))];
};

bool mm_address_equal(const struct mm_address *a, const struct mm_address *b)
{
	if (a->u.sa.sa_family != b->u.sa.sa_family)
		return false;
	if (a->u.sa.sa_family == AF_INET)
		return a->u.in.sin_port == b->u.in.sin_port &&
		       a->u.in.sin_addr.s_addr == b->u.in.sin_addr.s_addr;
	return a->u.in6.sin6_port == b->u.in6.sin6_port &&
	       a->u.in6.sin6_scope_id == b->u.in6.sin6_scope_id &&
	       memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr,
		      sizeof(a->u.in6.sin6_addr)) == 0;
}

int mm_address_parse(struct mm_address *address, const char *host,
		     uint16_t port)
{
	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, host, &address->u.in.sin_addr) == 1) {
		address->u.in.sin_family = AF_INET;
		address->u.in.sin_port = htons(port);
		address->len = sizeof(address->u.in);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &address->u.in6.sin6_addr) == 1) {
		address->u.in6.sin6_family = AF_INET6;
		address->u.in6.sin6_port = htons(port);
		address->len = sizeof(address->u.in6);
		return 0;
	}
	return -EINVAL;
}

uint16_t mm_address_format(const struct mm_address *address,
			   char host[MM_HOST_BYTES])
{
	bool v6 = address->u.sa.sa_family == AF_INET6;
	const void *bits = v6 ? (const void *)&address->u.in6.sin6_addr
			      : (const void *)&address->u.in.sin_addr;

	host[0] = 0;
	inet_ntop(v6 ? AF_INET6 : AF_INET, bits, host, MM_HOST_BYTES);
	return ntohs(v6 ? address->u.in6.sin6_port
			: address->u.in.sin_port);
}

bool mm_address_is_any(const struct mm_address *address)
{
	return address->u.sa.sa_family == AF_INET ?
		address->u.in.sin_addr.s_addr == htonl(INADDR_ANY) :
		IN6_IS_ADDR_UNSPECIFIED(&address->u.in6.sin6_addr);
}

int mm_address_set_families(int fd, const struct mm_address *local)
{
	const int one_family = !mm_address_is_any(local);

	if (local->u.sa.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one_family,
		       sizeof(one_family)) < 0)
		return -errno;
	return 0;
}

static int set_up(int fd, const struct mm_address *local,
		  int receive_buffer_bytes)
{
	const int on = 1, traffic_class = DSCP_EF_TOS;
	int rc = mm_address_set_families(fd, local);

	if (rc < 0)
		return rc;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
	    (receive_buffer_bytes > 0 &&
	     setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
			sizeof(receive_buffer_bytes)) < 0))
		return -errno;
	/* Marking is optional: the host may forbid it. */
	if (local->u.sa.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &traffic_class,
				 sizeof(traffic_class));
	if (local->u.sa.sa_family == AF_INET || mm_address_is_any(local))
		(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &traffic_class,
				 sizeof(traffic_class));
	return bind(fd, &local->u.sa, local->len) < 0 ? -errno : 0;
}

int mm_udp_open(const struct mm_address *local, int receive_buffer_bytes)
{
	int rc, fd = socket(local->u.sa.sa_family,
			    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	rc = set_up(fd, local, receive_buffer_bytes);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

uint16_t mm_udp_port(int fd)
{
	struct mm_address address = {.len = sizeof(address.u)};

	if (getsockname(fd, &address.u.sa, &address.len) < 0)
		return 0;
	return ntohs(address.u.sa.sa_family == AF_INET6
			     ? address.u.in6.sin6_port
			     : address.u.in.sin_port);
}

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / NS_PER_US;
}

/* The kernel stamps datagrams with the wall clock; `now_us` and `wall_us` are
 * both clocks read at one instant. */
static int64_t arrival_of(struct msghdr *header, int64_t now_us,
			  int64_t wall_us)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part;
	     part = CMSG_NXTHDR(header, part)) {
		struct timespec stamp;
		int64_t age_us;

		if (part->cmsg_level != SOL_SOCKET ||
		    part->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(part), sizeof(stamp));
		age_us = wall_us - ((int64_t)stamp.tv_sec * US_PER_S +
				    stamp.tv_nsec / NS_PER_US);
		if (age_us >= 0 && age_us < MAX_QUEUE_AGE_US)
			return now_us - age_us;
	}
	return now_us;
}

/* An IPv4 source on a socket of both families comes as ::ffff:a.b.c.d
 * (RFC 4291 section 2.5.5.2); written so, it would not compare equal. */
void mm_address_unmap(struct mm_address *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (address->u.sa.sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&address->u.in6.sin6_addr))
		return;
	in.sin_port = address->u.in6.sin6_port;
	memcpy(&in.sin_addr, &address->u.in6.sin6_addr.s6_addr[12],
	       sizeof(in.sin_addr));
	address->u.in = in;
	address->len = sizeof(in);
}

/* recvmsg costs less than recvmmsg of one. */
static int receive_headers(int fd, struct mmsghdr *headers, size_t max)
{
	ssize_t size;

	if (max > 1)
		return recvmmsg(fd, headers, (unsigned)max, MSG_DONTWAIT, NULL);
	size = recvmsg(fd, &headers[0].msg_hdr, MSG_DONTWAIT);
	headers[0].msg_len = (unsigned)size;
	return size < 0 ? -1 : 1;
}

int mm_udp_receive(int fd, struct mm_datagram *datagrams, size_t max)
{
	struct mmsghdr headers[MM_UDP_BATCH];
	struct iovec vectors[MM_UDP_BATCH];
	union control controls[MM_UDP_BATCH];
	int64_t now_us, wall_us;
	int received;

	if (max > MM_UDP_BATCH)
		max = MM_UDP_BATCH;
	for (size_t i = 0; i < max; i++) {
		vectors[i].iov_base = datagrams[i].bytes;
		vectors[i].iov_len = sizeof(datagrams[i].bytes);
		headers[i].msg_hdr = (struct msghdr){
			.msg_name = &datagrams[i].from.u,
			.msg_namelen = sizeof(datagrams[i].from.u),
			.msg_iov = &vectors[i],
			.msg_iovlen = 1,
			.msg_control = controls[i].bytes,
			.msg_controllen = sizeof(controls[i].bytes),
		};
	}
	received = receive_headers(fd, headers, max);
	if (received <= 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	now_us = clock_us(CLOCK_MONOTONIC);
	wall_us = clock_us(CLOCK_REALTIME);
	for (int i = 0; i < received; i++) {
		struct msghdr *header = &headers[i].msg_hdr;

		datagrams[i].from.len = header->msg_namelen;
		mm_address_unmap(&datagrams[i].from);
		/* Truncated: set to 0 bytes, which every parser refuses. */
		datagrams[i].size = header->msg_flags & MSG_TRUNC
					    ? 0
					    : headers[i].msg_len;
		datagrams[i].arrival_us = arrival_of(header, now_us, wall_us);
	}
	return received;
}

/* Up to MM_UDP_BATCH datagrams in one system call. */
static int send_some(int fd, const struct mm_udp_out *out, size_t count)
{
	struct mmsghdr headers[MM_UDP_BATCH];
	struct iovec vectors[MM_UDP_BATCH];

	for (size_t i = 0; i < count; i++) {
		vectors[i].iov_base = (void *)out[i].bytes;
		vectors[i].iov_len = out[i].size;
		headers[i].msg_hdr = (struct msghdr){
			.msg_name = (void *)&out[i].to.u,
			.msg_namelen = out[i].to.len,
			.msg_iov = &vectors[i],
			.msg_iovlen = 1,
		};
	}
	return sendmmsg(fd, headers, (unsigned)count, MSG_DONTWAIT);
}

int mm_udp_send_batch(int fd, const struct mm_udp_out *out, size_t count)
{
	size_t at = 0;
	int taken = 0;

	while (at < count) {
		size_t batch = count - at < MM_UDP_BATCH ? count - at
							 : MM_UDP_BATCH;
		int sent = send_some(fd, out + at, batch);

		if (sent > 0) {
			taken += sent;
			at += (size_t)sent;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			break;          /* the socket's buffer is full */
		} else if (errno != EINTR) {
			at++;           /* this peer cannot be reached */
		}
	}
	return taken;
}

int mm_udp_send(int fd, const struct mm_address *to, const uint8_t *bytes,
		size_t size)
{
	ssize_t sent = sendto(fd, bytes, size, MSG_DONTWAIT, &to->u.sa,
			      to->len);

	return sent < 0 ? -errno : 0;
}
