/* rtp_phones.c -- the audio of many phones, cheaply, and what each gets.
 * rtp_phones COUNT ADDRESS TRACKS RECORDING
 *
 * A phone is a connected UDP socket that sends a packet every 20 ms and reads
 * what has come when it sends. Kernel time stamps say when that was, so a
 * packet may wait here without being counted as late. Phones do not send in
 * chorus: each has one of ten phases, 2 ms apart, and each begins a track
 * without markers at another packet, so that no two dozen reach its seam, which
 * a server may have to decode, in the same tick of the server.
 *
 * Prints the phones' ports, one a line, then takes lines from stdin:
 *   start PHONE HOST PORT TRACK   send this track, in a loop
 *   stop PHONE                    send no more
 *   record PHONE 0|1              keep the packets that it gets, or not
 *   begin                         count from now on
 *   end                           print the counts, write RECORDING
 * Nothing is freed: the process ends when stdin does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "rtp_phones.h"

#define SLOTS 10
#define TICK_NS INT64_C(20000000)
#define BATCH 8                        /* packets of a phone at a time       */
#define PACKET_BYTES 1500
#define GAP_MS 250                     /* longer ones count as this          */
#define LATE_US 20000
#define MAX_MARKS 65536
#define RECORDING_BYTES (64u << 20)
#define LINE_BYTES 256

struct phone {
	int fd;
	const struct rtp_track *track;     /* NULL: not started              */
	uint32_t offset;                   /* of its packets in the track    */
	bool recorded, counted;
	uint16_t sequence_number, first, last;
	uint32_t cycles;                   /* of the received numbers        */
	int64_t first_ns, last_ns;         /* arrivals; first_ns since start */
	uint32_t sent, unsent, received, gap_max_us;
	uint16_t gaps[GAP_MS + 1];
};

struct mark {                          /* a marker was sent                  */
	uint32_t phone;
	int64_t at_ns;
};

static struct phone *phones;
static size_t nphones;
static struct rtp_track tracks[RTP_MAX_TRACKS];
static struct mark marks[MAX_MARKS];
static size_t nmarks;
static uint8_t *recording;
static size_t recorded, unrecorded;
static uint8_t buffers[BATCH][PACKET_BYTES];
static uint8_t controls[BATCH][64];
static struct iovec vectors[BATCH];
static struct mmsghdr batch[BATCH];
static bool counting;
static int64_t begin_ns, cpu_ns;
static uint32_t late_slots[LATE_US / 100 + 1], slots_run, late_max_us;

static int64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int open_phones(const char *host)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int on = 1;

	if (inet_pton(AF_INET, host, &at.sin_addr) != 1)
		return -EINVAL;
	for (size_t i = 0; i < nphones; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

		at.sin_port = 0;
		if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) ||
		    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on,
			       sizeof(on)) ||
		    getsockname(fd, (struct sockaddr *)&at, &len))
			return -errno;
		phones[i].fd = fd;
		printf("%u\n", ntohs(at.sin_port));
	}
	fflush(stdout);
	return 0;
}

/* A record is phone, time and size, 14 bytes, and the packet. */
static void keep(uint32_t phone, int64_t at_ns, const uint8_t *packet,
		 size_t size)
{
	uint16_t bytes = (uint16_t)size;

	if (recorded + 14 + size > RECORDING_BYTES) {
		unrecorded++;
		return;
	}
	memcpy(recording + recorded, &phone, sizeof(phone));
	memcpy(recording + recorded + 4, &at_ns, sizeof(at_ns));
	memcpy(recording + recorded + 12, &bytes, sizeof(bytes));
	memcpy(recording + recorded + 14, packet, size);
	recorded += 14 + size;
}

static void count_packet(struct phone *p, int64_t at_ns, const uint8_t *packet)
{
	uint16_t number = (uint16_t)(packet[2] << 8 | packet[3]);

	if (!p->received++) {
		p->first = p->last = number;
		p->cycles = 0;
	} else if ((int16_t)(uint16_t)(number - p->last) > 0) {
		p->cycles += number < p->last;
		p->last = number;
	}
	/* The first gap reaches back before `begin`. */
	if (p->last_ns) {
		int64_t gap_us = (at_ns - p->last_ns) / 1000;

		if (gap_us < 0)
			gap_us = 0;
		if (gap_us > p->gap_max_us)
			p->gap_max_us = (uint32_t)gap_us;
		p->gaps[gap_us / 1000 > GAP_MS ? GAP_MS : gap_us / 1000]++;
	}
}

static int64_t arrival_ns(struct msghdr *header)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c;
	     c = CMSG_NXTHDR(header, c)) {
		struct timespec at;

		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SO_TIMESTAMPNS) {
			memcpy(&at, CMSG_DATA(c), sizeof(at));
			return at.tv_sec * INT64_C(1000000000) + at.tv_nsec;
		}
	}
	return clock_ns(CLOCK_REALTIME);
}

static void receive(struct phone *p)
{
	int count;

	do {
		for (size_t i = 0; i < BATCH; i++)
			batch[i].msg_hdr.msg_controllen = sizeof(controls[i]);
		count = recvmmsg(p->fd, batch, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < count; i++) {
			const uint8_t *packet = buffers[i];
			size_t size = batch[i].msg_len;
			int64_t at_ns;

			/* RTCP shares the port (RFC 5761 section 4). */
			if (size < 12 ||
			    (packet[1] >= 192 && packet[1] <= 223))
				continue;
			at_ns = arrival_ns(&batch[i].msg_hdr);
			if (!p->first_ns)
				p->first_ns = at_ns;
			if (counting && at_ns >= begin_ns) {
				count_packet(p, at_ns, packet);
				if (p->recorded)
					keep((uint32_t)(p - phones), at_ns,
					     packet, size);
			}
			p->last_ns = at_ns;
		}
	} while (count == BATCH);
}

static void send_one(struct phone *p, uint32_t tick)
{
	const struct rtp_track *track = p->track;
	uint32_t at = (tick + p->offset) % track->npackets;
	const struct rtp_packet *next = &track->packets[at];
	uint8_t head[RTP_MAX_HEAD];
	size_t size = rtp_write_head(head, track, next, p->sequence_number++,
				     tick, (uint32_t)(p - phones) + 1000);
	struct iovec parts[2] = {
		{ .iov_base = head, .iov_len = size },
		{ .iov_base = next->bytes, .iov_len = next->size },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	if (counting && next->marked && nmarks < MAX_MARKS)
		marks[nmarks++] = (struct mark){
			(uint32_t)(p - phones), clock_ns(CLOCK_REALTIME)
		};
	if (sendmsg(p->fd, &message, MSG_DONTWAIT) >= 0)
		p->sent++;
	else
		p->unsent++;
}

static void begin(void)
{
	for (size_t i = 0; i < nphones; i++) {
		struct phone *p = &phones[i];

		receive(p);
		p->counted = p->track && p->last_ns;
		p->sent = p->unsent = p->received = p->gap_max_us = 0;
		memset(p->gaps, 0, sizeof(p->gaps));
	}
	memset(late_slots, 0, sizeof(late_slots));
	nmarks = recorded = unrecorded = slots_run = late_max_us = 0;
	begin_ns = clock_ns(CLOCK_REALTIME);
	cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	counting = true;
}

static void write_recording(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (size_t done = 0; fd >= 0 && done < recorded;) {
		ssize_t count = write(fd, recording + done, recorded - done);

		if (count < 0)
			break;
		done += (size_t)count;
	}
	close(fd);
}

/* One line for the generator, one a mark, one a phone with its gaps
 * (ms:count), then an empty one. */
static void end(const char *path)
{
	int64_t used_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
	int64_t end_ns = clock_ns(CLOCK_REALTIME);

	for (size_t i = 0; i < nphones; i++)
		if (phones[i].track || phones[i].received)
			receive(&phones[i]);
	counting = false;
	write_recording(path);
	printf("generator %lld %lld %zu %u %u", (long long)(end_ns - begin_ns),
	       (long long)used_ns, unrecorded, slots_run, late_max_us);
	for (size_t i = 0; i <= LATE_US / 100; i++)
		if (late_slots[i])
			printf(" %zu:%u", i, late_slots[i]);
	printf("\n");
	for (size_t i = 0; i < nmarks; i++)
		printf("mark %u %lld\n", marks[i].phone,
		       (long long)marks[i].at_ns);
	for (size_t i = 0; i < nphones; i++) {
		const struct phone *p = &phones[i];
		uint32_t span = (p->cycles << 16) + p->last - p->first + 1;

		if (!p->sent && !p->received)
			continue;
		printf("phone %zu %d %u %u %u %u %u %lld", i, p->counted,
		       p->sent, p->unsent, p->received,
		       p->received && span > p->received ?
			       span - p->received : 0,
		       p->gap_max_us, (long long)p->first_ns);
		for (size_t gap = 0; gap <= GAP_MS; gap++)
			if (p->gaps[gap])
				printf(" %zu:%u", gap, p->gaps[gap]);
		printf("\n");
	}
	printf("\n");
	fflush(stdout);
}

static int start(size_t number, const char *host, unsigned port,
		 unsigned track)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	};
	struct phone *p = &phones[number];

	if (inet_pton(AF_INET, host, &to.sin_addr) != 1 ||
	    connect(p->fd, (struct sockaddr *)&to, sizeof(to)))
		return -EINVAL;
	p->track = &tracks[track];
	/* Markers of two talkers must not coincide. */
	p->offset = p->track->marked ? 0 : (uint32_t)number;
	return 0;
}

static int obey(const char *line, const char *path)
{
	char host[64];
	unsigned number, port, track, on;

	if (sscanf(line, "start %u %63s %u %u", &number, host, &port,
		   &track) == 4) {
		if (number >= nphones || track >= RTP_MAX_TRACKS ||
		    !tracks[track].npackets)
			return -EINVAL;
		return start(number, host, port, track);
	}
	if (sscanf(line, "stop %u", &number) == 1 && number < nphones)
		phones[number].track = NULL;
	else if (sscanf(line, "record %u %u", &number, &on) == 2 &&
		 number < nphones)
		phones[number].recorded = on;
	else if (!strncmp(line, "begin", 5))
		begin();
	else if (!strncmp(line, "end", 3))
		end(path);
	else
		return -EINVAL;
	return 0;
}

/* Obey the lines that wait on stdin, at most `max`; false at its end. */
static bool obey_waiting(const char *path)
{
	static char text[LINE_BYTES * 64];
	static size_t length;
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t count;
	char *newline, *from = text;

	if (poll(&in, 1, 0) <= 0)
		return true;
	count = read(STDIN_FILENO, text + length, sizeof(text) - 1 - length);
	if (count <= 0)
		return false;
	length += (size_t)count;
	text[length] = '\0';
	while ((newline = strchr(from, '\n'))) {
		*newline = '\0';
		if (obey(from, path))
			fprintf(stderr, "rtp_phones: not understood: %s\n",
				from);
		from = newline + 1;
	}
	length -= (size_t)(from - text);
	memmove(text, from, length);
	return length < sizeof(text) - 1;
}

static void run(const char *path)
{
	int64_t start_ns = clock_ns(CLOCK_MONOTONIC);

	for (int64_t slot = 0; obey_waiting(path); slot++) {
		int64_t due_ns = start_ns + slot * (TICK_NS / SLOTS), late_us;
		struct timespec at = {
			due_ns / 1000000000, due_ns % 1000000000
		};

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at,
				       NULL) == EINTR)
			;
		late_us = (clock_ns(CLOCK_MONOTONIC) - due_ns) / 1000;
		late_slots[(late_us > LATE_US ? LATE_US : late_us) / 100]++;
		if (late_us > late_max_us)
			late_max_us = (uint32_t)late_us;
		slots_run++;
		/* Neighbours are 6 ms apart: few talkers differ in phase. */
		for (size_t i = (size_t)(slot % SLOTS) * 7 % SLOTS; i < nphones;
		     i += SLOTS) {
			if (!phones[i].track)
				continue;
			receive(&phones[i]);
			send_one(&phones[i], (uint32_t)(slot / SLOTS));
		}
	}
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	nphones = strtoul(argv[1], NULL, 10);
	phones = calloc(nphones, sizeof(*phones));
	recording = malloc(RECORDING_BYTES);
	if (!phones || !recording || rtp_read_tracks(tracks, argv[3]))
		return 1;
	for (size_t i = 0; i < BATCH; i++) {
		vectors[i].iov_base = buffers[i];
		vectors[i].iov_len = PACKET_BYTES;
		batch[i].msg_hdr.msg_iov = &vectors[i];
		batch[i].msg_hdr.msg_iovlen = 1;
		batch[i].msg_hdr.msg_control = controls[i];
	}
	if (open_phones(argv[2]))
		return 1;
	run(argv[4]);
	return 0;
}
