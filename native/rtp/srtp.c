/* srtp.c -- SRTP and SRTCP by libsrtp 2, without its headers.
 *
 * The two structs below are libsrtp's public ones, the same in every 2.x; its
 * `srtp_policy_t` changed last in 2.1 and will in 3.0, whose soname differs.
 */
#include "rtp/srtp.h"

#include <errno.h>
#include <string.h>

#define REPLAY_WINDOW 1024u
/* Minimum length of a header, which libsrtp does not check. */
#define MIN_RTP_BYTES 12u
#define MIN_RTCP_BYTES 8u

enum ssrc_type {
	ANY_INBOUND = 2,
	ANY_OUTBOUND = 3,
};

enum status {
	STATUS_OK = 0,
	STATUS_ALLOC_FAIL = 3,
	STATUS_INIT_FAIL = 5,
	STATUS_AUTH_FAIL = 7,
	STATUS_CIPHER_FAIL = 8,
	STATUS_REPLAY_FAIL = 9,
	STATUS_REPLAY_OLD = 10,
};

struct crypto_policy {
	uint32_t cipher_type;
	int cipher_key_len;
	uint32_t auth_type;
	int auth_key_len;
	int auth_tag_len;
	int sec_serv;
};

struct policy {
	struct {
		int type;
		unsigned int value;
	} ssrc;
	struct crypto_policy rtp;
	struct crypto_policy rtcp;
	unsigned char *key;
	void *keys;
	unsigned long num_master_keys;
	void *deprecated_ekt;
	unsigned long window_size;
	int allow_repeat_tx;
	int *enc_xtn_hdr;
	int enc_xtn_hdr_count;
	struct policy *next;
};

_Static_assert(offsetof(struct policy, key) == 56 &&
		       offsetof(struct policy, window_size) == 88 &&
		       sizeof(struct policy) == 128,
	       "libsrtp 2's srtp_policy_t on an LP64 machine");

size_t mm_srtp_key_bytes(enum mm_srtp_profile profile)
{
	switch (profile) {
	case MM_SRTP_AES_CM_128_HMAC_SHA1_80:
		return 16 + 14;
	case MM_SRTP_AEAD_AES_128_GCM:
		return 16 + 12;
	case MM_SRTP_AEAD_AES_256_GCM:
		return 32 + 12;
	case MM_SRTP_NONE:
		break;
	}
	return 0;
}

static int error_of(int status)
{
	switch (status) {
	case STATUS_OK:
		return 0;
	case STATUS_ALLOC_FAIL:
		return -ENOMEM;
	case STATUS_INIT_FAIL:
		return -ENOSYS;
	case STATUS_AUTH_FAIL:
	case STATUS_CIPHER_FAIL:        /* AEAD: authentication failed */
		return -EACCES;
	case STATUS_REPLAY_FAIL:
	case STATUS_REPLAY_OLD:
		return -EALREADY;
	default:
		return -EBADMSG;
	}
}

static void choose_ciphers(struct policy *policy,
			   const struct mm_libraries *libraries,
			   enum mm_srtp_profile profile)
{
	void (*set)(void *) = libraries->srtp_crypto_policy_set_rtp_default;

	if (profile == MM_SRTP_AEAD_AES_128_GCM)
		set = libraries->srtp_crypto_policy_set_aes_gcm_128_16_auth;
	else if (profile == MM_SRTP_AEAD_AES_256_GCM)
		set = libraries->srtp_crypto_policy_set_aes_gcm_256_16_auth;
	set(&policy->rtp);
	set(&policy->rtcp);
}

static int open_session(void **session, const struct mm_libraries *libraries,
			enum mm_srtp_profile profile, enum ssrc_type direction,
			const uint8_t *key, size_t key_bytes)
{
	/* libsrtp takes a non-const key of its maximum length. */
	unsigned char key_copy[MM_SRTP_MAX_KEY_BYTES] = {0};
	struct policy policy = {
		.ssrc.type = direction,
		.key = key_copy,
		.window_size = REPLAY_WINDOW,
		/* A DTMF end packet or a retransmission may be sent twice. */
		.allow_repeat_tx = 1,
	};
	int status;

	memcpy(key_copy, key, key_bytes);
	choose_ciphers(&policy, libraries, profile);
	/* srtp_init belongs to the process and must run once; only libsrtp
	 * knows whether another user of it (aiortc) called it first. */
	status = libraries->srtp_create(session, &policy);
	if (status == STATUS_INIT_FAIL && libraries->srtp_init() == STATUS_OK)
		status = libraries->srtp_create(session, &policy);
	/* volatile: a plain memset of memory about to be freed is optimised
	 * away. */
	for (volatile unsigned char *at = key_copy;
	     at < key_copy + sizeof(key_copy); at++)
		*at = 0;
	return error_of(status);
}

int mm_srtp_open(struct mm_srtp *srtp, const struct mm_libraries *libraries,
		 enum mm_srtp_profile profile, const uint8_t *rx_key,
		 const uint8_t *tx_key, size_t key_bytes)
{
	int rc;

	memset(srtp, 0, sizeof(*srtp));
	if (!libraries->srtp_create)
		return -ENOSYS;
	if (key_bytes == 0 || key_bytes != mm_srtp_key_bytes(profile))
		return -EINVAL;
	srtp->libraries = libraries;
	rc = open_session(&srtp->rx, libraries, profile, ANY_INBOUND, rx_key,
			  key_bytes);
	if (rc == 0)
		rc = open_session(&srtp->tx, libraries, profile, ANY_OUTBOUND,
				  tx_key, key_bytes);
	if (rc < 0)
		mm_srtp_close(srtp);
	return rc;
}

void mm_srtp_close(struct mm_srtp *srtp)
{
	if (srtp->rx)
		srtp->libraries->srtp_dealloc(srtp->rx);
	if (srtp->tx)
		srtp->libraries->srtp_dealloc(srtp->tx);
	srtp->rx = NULL;
	srtp->tx = NULL;
}

static int transform(int (*function)(void *, void *, int *), void *session,
		     uint8_t *packet, size_t size, size_t min_bytes)
{
	int bytes = (int)size;
	int rc;

	if (size < min_bytes || size > MM_MAX_DATAGRAM_BYTES)
		return -EBADMSG;
	rc = error_of(function(session, packet, &bytes));
	return rc < 0 ? rc : bytes;
}

int mm_srtp_protect(struct mm_srtp *srtp, uint8_t *rtp, size_t size)
{
	return transform(srtp->libraries->srtp_protect, srtp->tx, rtp, size,
			 MIN_RTP_BYTES);
}

int mm_srtp_unprotect(struct mm_srtp *srtp, uint8_t *rtp, size_t size)
{
	return transform(srtp->libraries->srtp_unprotect, srtp->rx, rtp, size,
			 MIN_RTP_BYTES);
}

int mm_srtp_protect_rtcp(struct mm_srtp *srtp, uint8_t *rtcp, size_t size)
{
	return transform(srtp->libraries->srtp_protect_rtcp, srtp->tx, rtcp,
			 size, MIN_RTCP_BYTES);
}

int mm_srtp_unprotect_rtcp(struct mm_srtp *srtp, uint8_t *rtcp, size_t size)
{
	return transform(srtp->libraries->srtp_unprotect_rtcp, srtp->rx, rtcp,
			 size, MIN_RTCP_BYTES);
}
