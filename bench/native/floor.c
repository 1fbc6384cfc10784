/* floor.c -- the physical limit: a loop that moves the same packets and does
 * nothing else. floor LEGS BYTES
 *
 * Whenever stdin has a line it takes what waits on each socket (recvmmsg) and sends one
 * packet of BYTES from each (sendmmsg): the two system calls that any mixer
 * with one socket a leg cannot do without. No time stamps, no header is looked
 * at, and what the calls are given is prepared once. Prints the CPU seconds
 * used, after each tick.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "traffic.h"

#define BATCH 8                       /* of a leg's packets in one tick     */

static struct traffic_leg legs[TRAFFIC_MAX_LEGS];
static uint8_t bytes_in[BATCH][MM_MAX_DATAGRAM_BYTES];
static uint8_t bytes_out[MM_MAX_DATAGRAM_BYTES] = { 0x80 };
static struct iovec vectors[BATCH];
static struct mmsghdr in[BATCH];
static struct iovec vector_out = { .iov_base = bytes_out };
static struct mmsghdr out = {
	.msg_hdr = { .msg_iov = &vector_out, .msg_iovlen = 1 },
};

static void prepare(void)
{
	for (size_t i = 0; i < BATCH; i++) {
		vectors[i].iov_base = bytes_in[i];
		vectors[i].iov_len = sizeof(bytes_in[i]);
		in[i].msg_hdr.msg_iov = &vectors[i];
		in[i].msg_hdr.msg_iovlen = 1;
	}
}

static void tick(size_t count)
{
	for (size_t i = 0; i < count; i++)
		recvmmsg(legs[i].fd, in, BATCH, MSG_DONTWAIT, NULL);
	for (size_t i = 0; i < count; i++) {
		out.msg_hdr.msg_name = &legs[i].to.u;
		out.msg_hdr.msg_namelen = legs[i].to.len;
		sendmmsg(legs[i].fd, &out, 1, MSG_DONTWAIT);
	}
}

static void run(size_t count)
{
	while (traffic_is_asked()) {
		double cpu_s = traffic_cpu_s();

		tick(count);
		traffic_answer(traffic_cpu_s() - cpu_s);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	size_t count = strtoul(argv[1], NULL, 10);

	vector_out.iov_len = strtoul(argv[2], NULL, 10);
	if (count > TRAFFIC_MAX_LEGS || vector_out.iov_len > sizeof(bytes_out))
		return 2;
	prepare();
	if (traffic_open(legs, count) || traffic_read_targets(legs, count))
		return 1;
	run(count);
	return 0;
}
