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
	SPECIFIC = 1,
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
	STATUS_BAD_MKI = 25,
};

struct master_key {
	unsigned char *key;
	unsigned char *mki_id;
	unsigned int mki_size;
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
	struct master_key **keys;
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
	case MM_SRTP_AES_CM_128_HMAC_SHA1_32:
		return 16 + 14;
	case MM_SRTP_AEAD_AES_128_GCM:
		return 16 + 12;
	case MM_SRTP_AEAD_AES_256_GCM:
		return 32 + 12;
	case MM_SRTP_AES_256_CM_HMAC_SHA1_80:
	case MM_SRTP_AES_256_CM_HMAC_SHA1_32:
		return 32 + 14;
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
	case STATUS_BAD_MKI:
	case STATUS_CIPHER_FAIL:        /* AEAD: authentication failed */
		return -EACCES;
	case STATUS_REPLAY_FAIL:
	case STATUS_REPLAY_OLD:
		return -EALREADY;
	default:
		return -EBADMSG;
	}
}

/* RTCP's authentication tag has 80 bits in every CM profile (RFC 4568 6.2.2,
 * RFC 6188 4). */
static void choose_ciphers(struct policy *policy,
			   const struct mm_libraries *libraries,
			   enum mm_srtp_profile profile)
{
	void (*rtp)(void *) = libraries->srtp_crypto_policy_set_rtp_default;
	void (*rtcp)(void *) = rtp;

	switch (profile) {
	case MM_SRTP_AEAD_AES_128_GCM:
		rtp = libraries->srtp_crypto_policy_set_aes_gcm_128_16_auth;
		rtcp = rtp;
		break;
	case MM_SRTP_AEAD_AES_256_GCM:
		rtp = libraries->srtp_crypto_policy_set_aes_gcm_256_16_auth;
		rtcp = rtp;
		break;
	case MM_SRTP_AES_CM_128_HMAC_SHA1_32:
		rtp = libraries->srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32;
		break;
	case MM_SRTP_AES_256_CM_HMAC_SHA1_80:
		rtp = libraries->srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80;
		rtcp = rtp;
		break;
	case MM_SRTP_AES_256_CM_HMAC_SHA1_32:
		rtp = libraries->srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32;
		rtcp = libraries->srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80;
		break;
	case MM_SRTP_AES_CM_128_HMAC_SHA1_80:
	case MM_SRTP_NONE:
		break;
	}
	rtp(&policy->rtp);
	rtcp(&policy->rtcp);
}

static int open_session(void **session, const struct mm_libraries *libraries,
			enum mm_srtp_profile profile, enum ssrc_type which,
			uint32_t ssrc, const struct mm_srtp_key *key)
{
	/* libsrtp takes a non-const key of its maximum length. */
	struct mm_srtp_key copy;
	struct master_key master = {
		.key = copy.bytes,
		.mki_id = copy.mki,
		.mki_size = key->mki_bytes,
	};
	struct master_key *masters[] = {&master};
	struct policy policy = {
		.ssrc = { .type = which, .value = ssrc },
		.key = key->mki_bytes ? NULL : copy.bytes,
		.keys = masters,
		.num_master_keys = 1,
		.window_size = REPLAY_WINDOW,
		/* A DTMF end packet or a retransmission may be sent twice. */
		.allow_repeat_tx = 1,
	};
	int status;

	memcpy(&copy, key, sizeof(copy));
	choose_ciphers(&policy, libraries, profile);
	/* srtp_init belongs to the process and must run once; only libsrtp
	 * knows whether another user of it (aiortc) called it first. */
	status = libraries->srtp_create(session, &policy);
	if (status == STATUS_INIT_FAIL && libraries->srtp_init() == STATUS_OK)
		status = libraries->srtp_create(session, &policy);
	/* volatile: a plain memset of memory about to be freed is optimised
	 * away. */
	for (volatile unsigned char *at = copy.bytes;
	     at < copy.bytes + sizeof(copy.bytes); at++)
		*at = 0;
	return error_of(status);
}

int mm_srtp_open(struct mm_srtp *srtp, const struct mm_libraries *libraries,
		 enum mm_srtp_profile profile, const struct mm_srtp_key *rx_key,
		 const struct mm_srtp_key *tx_key, size_t key_bytes)
{
	int rc;

	memset(srtp, 0, sizeof(*srtp));
	if (!libraries->srtp_create)
		return -ENOSYS;
	if (key_bytes == 0 || key_bytes != mm_srtp_key_bytes(profile) ||
	    rx_key->mki_bytes > MM_SRTP_MAX_MKI_BYTES ||
	    tx_key->mki_bytes > MM_SRTP_MAX_MKI_BYTES)
		return -EINVAL;
	srtp->libraries = libraries;
	srtp->rx_mki = rx_key->mki_bytes > 0;
	srtp->tx_mki = tx_key->mki_bytes > 0;
	rc = open_session(&srtp->rx, libraries, profile, ANY_INBOUND, 0,
			  rx_key);
	if (rc == 0)
		rc = open_session(&srtp->tx, libraries, profile, ANY_OUTBOUND,
				  0, tx_key);
	if (rc < 0)
		mm_srtp_close(srtp);
	return rc;
}

int mm_srtp_open_stream(struct mm_srtp *srtp,
			const struct mm_libraries *libraries,
			enum mm_srtp_profile profile, bool outbound,
			uint32_t ssrc, const struct mm_srtp_key *key)
{
	memset(srtp, 0, sizeof(*srtp));
	if (!libraries->srtp_create)
		return -ENOSYS;
	if (key->mki_bytes || !mm_srtp_key_bytes(profile))
		return -EINVAL;
	srtp->libraries = libraries;
	return open_session(outbound ? &srtp->tx : &srtp->rx, libraries,
			    profile, SPECIFIC, ssrc, key);
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

static int result(int status, const int *bytes)
{
	int rc = error_of(status);

	return rc < 0 ? rc : *bytes;
}

static bool fits(size_t size, size_t min_bytes)
{
	return size >= min_bytes && size <= MM_MAX_DATAGRAM_BYTES;
}

int mm_srtp_protect(struct mm_srtp *srtp, uint8_t *rtp, size_t size)
{
	int bytes = (int)size;

	if (!fits(size, MIN_RTP_BYTES))
		return -EBADMSG;
	return result(srtp->libraries->srtp_protect_mki(srtp->tx, rtp, &bytes,
							srtp->tx_mki, 0),
		      &bytes);
}

int mm_srtp_unprotect(struct mm_srtp *srtp, uint8_t *rtp, size_t size)
{
	int bytes = (int)size;

	if (!fits(size, MIN_RTP_BYTES))
		return -EBADMSG;
	return result(srtp->libraries->srtp_unprotect_mki(srtp->rx, rtp, &bytes,
							  srtp->rx_mki),
		      &bytes);
}

int mm_srtp_protect_rtcp(struct mm_srtp *srtp, uint8_t *rtcp, size_t size)
{
	int bytes = (int)size;

	if (!fits(size, MIN_RTCP_BYTES))
		return -EBADMSG;
	return result(srtp->libraries->srtp_protect_rtcp_mki(srtp->tx, rtcp,
							     &bytes,
							     srtp->tx_mki, 0),
		      &bytes);
}

int mm_srtp_unprotect_rtcp(struct mm_srtp *srtp, uint8_t *rtcp, size_t size)
{
	int bytes = (int)size;

	if (!fits(size, MIN_RTCP_BYTES))
		return -EBADMSG;
	return result(srtp->libraries->srtp_unprotect_rtcp_mki(srtp->rx, rtcp,
							       &bytes,
							       srtp->rx_mki),
		      &bytes);
}
