/* floor.c -- the physical limit: a loop that moves the same packets and does
 * nothing else. floor LEGS BYTES SECONDS
 *
 * Every 20 ms it takes what waits on each socket (recvmmsg) and sends one
 * packet of BYTES from each (sendmmsg): the system calls that any mixer with
 * one socket a leg cannot do without. Prints the CPU seconds used.
 */
#include <stdio.h>
#include <stdlib.h>

#include "traffic.h"

static struct traffic_leg legs[TRAFFIC_MAX_LEGS];
static struct mm_datagram in[MM_UDP_BATCH];
static struct mm_udp_out out;

static void tick(size_t count)
{
	for (size_t i = 0; i < count; i++)
		mm_udp_receive(legs[i].fd, in, MM_UDP_BATCH);
	for (size_t i = 0; i < count; i++) {
		out.to = legs[i].to;
		mm_udp_send_batch(legs[i].fd, &out, 1);
	}
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	size_t count = strtoul(argv[1], NULL, 10);
	out.size = strtoul(argv[2], NULL, 10);
	int64_t ticks = strtol(argv[3], NULL, 10) * 50;

	if (count > TRAFFIC_MAX_LEGS || out.size > sizeof(out.bytes))
		return 2;
	if (traffic_open(legs, count) || traffic_read_targets(legs, count))
		return 1;
	out.bytes[0] = 0x80;
	int64_t start = traffic_now_us();
	double cpu = traffic_cpu_s();

	for (int64_t i = 0; i < ticks; i++) {
		traffic_sleep_until(start + i * 20000);
		tick(count);
	}
	printf("%.6f\n", traffic_cpu_s() - cpu);
	return 0;
}
