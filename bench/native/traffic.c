/* traffic.c -- sockets and a clock of the measurement in lockstep. */
#define _GNU_SOURCE
#include "traffic.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int traffic_open(struct traffic_leg *legs, size_t count)
{
	struct mm_address any;
	int err = mm_address_parse(&any, "127.0.0.1", 0);

	for (size_t i = 0; i < count && !err; i++) {
		legs[i].fd = mm_udp_open(&any, 1 << 18);
		if (legs[i].fd < 0)
			return legs[i].fd;
		printf("%u\n", mm_udp_port(legs[i].fd));
	}
	fflush(stdout);
	return err;
}

int traffic_read_targets(struct traffic_leg *legs, size_t count)
{
	char host[64];
	unsigned port;

	for (size_t i = 0; i < count; i++) {
		if (scanf("%63s %u%*c", host, &port) != 2)
			return -EINVAL;
		if (mm_address_parse(&legs[i].to, host, (uint16_t)port))
			return -EINVAL;
	}
	return 0;
}

double traffic_cpu_s(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

bool traffic_is_asked(void)
{
	int c;

	while ((c = getchar()) != '\n')
		if (c == EOF)
			return false;
	return true;
}

void traffic_answer(double value)
{
	printf("%.9f\n", value);
	fflush(stdout);
}
