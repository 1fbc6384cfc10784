/* srtp.c -- fuzz: SRTP and SRTCP packets at the one who holds the keys. The first
 * octet chooses profile and MKI. A record is flags and size (two octets), then a
 * packet: sent as it is, or protected by the peer first, and then changed or not.
 *
 * MIXMINUS_SRTP_PATH names libsrtp.
 */
#define _DEFAULT_SOURCE
#include "rtp/srtp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "records.h"

#define IS_RTCP 0x80
#define IS_VALID 0x40             /* protected by the peer                  */
#define IS_CHANGED 0x20           /* and then one bit is flipped            */
#define MIN_RTP_BYTES 12u
#define LONGEST_BYTES (MM_MAX_DATAGRAM_BYTES - MM_SRTP_MAX_TRAILER_BYTES)

/* libsrtp is not built with the sanitizers: what it reads or writes behind a
 * packet is beyond this page, which nothing may touch. */
static uint8_t *end_of_memory(void)
{
	static uint8_t *end;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *memory;

	if (end)
		return end;
	memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || mprotect(memory + page, page, PROT_NONE))
		abort();
	return end = memory + page;
}

static void open_two(struct mm_srtp *own, struct mm_srtp *peer, uint8_t chosen)
{
	static struct mm_libraries libraries;
	enum mm_srtp_profile profile = (enum mm_srtp_profile)(1 + chosen % 6);
	struct mm_srtp_key keys[2] = { { .bytes = "one" }, { .bytes = "two" } };
	size_t bytes = mm_srtp_key_bytes(profile);

	if (!libraries.srtp_handle &&
	    mm_libraries_open(&libraries, NULL, getenv("MIXMINUS_SRTP_PATH")))
		abort();
	if (chosen & 0x80)
		for (int i = 0; i < 2; i++) {
			memcpy(keys[i].mki, "abcd", 4);
			keys[i].mki_bytes = 4;
		}
	if (mm_srtp_open(own, &libraries, profile, &keys[0], &keys[1], bytes) ||
	    mm_srtp_open(peer, &libraries, profile, &keys[1], &keys[0], bytes))
		abort();
}

static int unprotect(struct mm_srtp *own, const uint8_t *packet, size_t size,
		     bool rtcp, uint8_t *plain)
{
	uint8_t *at = end_of_memory() - size;
	int rc;

	memcpy(at, packet, size);
	rc = rtcp ? mm_srtp_unprotect_rtcp(own, at, size) :
		    mm_srtp_unprotect(own, at, size);
	if (rc > (int)size)
		abort();
	if (rc > 0)
		memcpy(plain, at, (size_t)rc);
	return rc;
}

static void take(struct mm_srtp *own, struct mm_srtp *peer,
		 const struct mm_fuzz_record *record)
{
	uint8_t packet[MM_MAX_DATAGRAM_BYTES], plain[MM_MAX_DATAGRAM_BYTES];
	bool rtcp = record->head & IS_RTCP;
	bool changed = record->head & IS_CHANGED;
	int size = (int)record->size, rc;

	if (record->size > LONGEST_BYTES)
		return;
	memcpy(packet, record->bytes, record->size);
	if (!(record->head & IS_VALID)) {
		(void)unprotect(own, packet, record->size, rtcp, plain);
		return;
	}
	size = rtcp ? mm_srtp_protect_rtcp(peer, packet, record->size) :
		      mm_srtp_protect(peer, packet, record->size);
	if (size <= 0)
		return;
	if (changed)
		packet[record->size / 2] ^= (uint8_t)(1u << record->head % 8);
	rc = unprotect(own, packet, (size_t)size, rtcp, plain);
	/* Every bit of a packet is authenticated. */
	if (changed ? rc >= 0 : rc >= 0 && rc != (int)record->size)
		abort();
	if (rc > 0 && memcmp(plain, record->bytes, MIN_RTP_BYTES - 4))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct mm_fuzz_record record;
	struct mm_srtp own, peer;

	if (!size)
		return 0;
	open_two(&own, &peer, bytes[0]);
	bytes++;
	size--;
	while (mm_fuzz_next(&record, &bytes, &size))
		take(&own, &peer, &record);
	mm_srtp_close(&own);
	mm_srtp_close(&peer);
	return 0;
}
