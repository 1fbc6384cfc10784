/* ice_tcp.c -- fuzz: what a browser sends by TCP (RFC 4571), in any pieces. A record
 * is one octet, size (two octets), bytes of the stream; an odd octet: the mux answers
 * afterwards, which verifies the connection.
 *
 * Compared with a parser of the whole stream.
 */
#define _GNU_SOURCE
#include "io/ice_tcp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "records.h"

#define LAST_OF_STUN 3
#define MAX_STREAM_BYTES 8192

struct fixture {
	struct mm_ice_tcp relay;
	int browser, mux;
	uint8_t stream[MAX_STREAM_BYTES];  /* what the browser has sent     */
	size_t size, parsed;
	uint32_t unverified;
	bool verified, refused;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct mm_ice_tcp_connection *set_up(struct fixture *f)
{
	struct mm_address any;
	int pair[2];

	must(!mm_address_parse(&any, "127.0.0.1", 0));
	f->mux = mm_udp_open(&any, 0);
	f->relay.mux.len = sizeof(f->relay.mux.u);
	must(!getsockname(f->mux, &f->relay.mux.u.sa, &f->relay.mux.len));
	f->relay.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
	f->browser = pair[0];
	must(!mm_ice_tcp_connection_open(&f->relay, pair[1], &any, 1));
	return LIST_FIRST(&f->relay.connections);
}

/* The next frame that has to arrive at the mux; false: none, or refused. */
static bool expect(struct fixture *f, const uint8_t **frame, size_t *size)
{
	while (!f->refused && f->size - f->parsed >= MM_ICE_TCP_HEADER_BYTES) {
		const uint8_t *at = f->stream + f->parsed;

		*size = (size_t)at[0] << 8 | at[1];
		*frame = at + MM_ICE_TCP_HEADER_BYTES;
		if (*size > MM_MAX_DATAGRAM_BYTES) {
			f->refused = true;
			return false;
		}
		if (f->size - f->parsed < MM_ICE_TCP_HEADER_BYTES + *size)
			return false;
		f->parsed += MM_ICE_TCP_HEADER_BYTES + *size;
		if (!*size)
			continue;
		if (!f->verified && ((*frame)[0] > LAST_OF_STUN ||
				     ++f->unverified >
					     MM_ICE_TCP_UNVERIFIED_FRAMES))
			f->refused = true;
		return !f->refused;
	}
	return false;
}

static void check(struct fixture *f)
{
	uint8_t datagram[MM_MAX_DATAGRAM_BYTES];
	const uint8_t *frame;
	size_t size;

	while (expect(f, &frame, &size))
		must(recv(f->mux, datagram, sizeof(datagram), 0) ==
			     (ssize_t)size &&
		     !memcmp(datagram, frame, size));
	must(recv(f->mux, datagram, sizeof(datagram), 0) < 0);
}

/* The mux answers; the browser has to receive it as a frame. */
static void answer(struct fixture *f, struct mm_ice_tcp_connection *connection)
{
	static const uint8_t reply[] = "\x01\x01";
	uint8_t received[MM_ICE_TCP_HEADER_BYTES + sizeof(reply)];
	struct mm_address to = { .len = sizeof(to.u) };

	must(!getsockname(connection->udp_fd, &to.u.sa, &to.len));
	must(!mm_udp_send(f->mux, &to, reply, sizeof(reply)));
	mm_ice_tcp_from_mux(&f->relay, connection, 2);
	must(recv(f->browser, received, sizeof(received), 0) ==
		     sizeof(received) &&
	     !received[0] && received[1] == sizeof(reply) &&
	     !memcmp(received + MM_ICE_TCP_HEADER_BYTES, reply,
		     sizeof(reply)));
	f->verified = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct fixture f;
	struct mm_ice_tcp_connection *connection;
	struct mm_fuzz_record record;

	memset(&f, 0, sizeof(f));
	connection = set_up(&f);
	while (!connection->closed && mm_fuzz_next(&record, &bytes, &size)) {
		if (record.size > sizeof(f.stream) - f.size)
			break;
		memcpy(f.stream + f.size, record.bytes, record.size);
		f.size += record.size;
		must(!record.size || send(f.browser, record.bytes, record.size,
					  0) == (ssize_t)record.size);
		mm_ice_tcp_from_browser(&f.relay, connection, 1);
		check(&f);
		must(connection->closed == f.refused);
		if (record.head & 1 && !connection->closed)
			answer(&f, connection);
	}
	mm_ice_tcp_connection_free(connection);
	close(f.relay.epoll_fd);
	close(f.browser);
	close(f.mux);
	return 0;
}
