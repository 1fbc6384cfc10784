"""SDP offers as browsers, and OBS, write them."""

__all__ = ["CHROMIUM", "FINGERPRINT", "FIREFOX", "OBS"]

FINGERPRINT = ":".join(["AB"] * 32)

CHROMIUM = f"""v=0
o=- 4611732846371094 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS 9e4c
m=audio 44323 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 192.0.2.7
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1510613869 1 udp 2122129151 192.0.2.7 44323 typ host generation 0 network-id 1
a=candidate:2736915501 1 udp 2122262783 6f1d2c-aa.local 51112 typ host generation 0 network-id 2
a=candidate:344579997 1 tcp 1518149375 192.0.2.7 9 typ host tcptype active generation 0 network-id 1
a=ice-ufrag:7sFv
a=ice-pwd:dOTZKZNVlO9RSGsEGM63JXT2
a=ice-options:trickle
a=fingerprint:sha-256 {FINGERPRINT}
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendrecv
a=msid:9e4c 5b6a
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:1001 cname:x
a=ssrc:1001 msid:9e4c 5b6a
"""

FIREFOX = f"""v=0
o=mozilla...THIS_IS_SDPARTA-99.0 3466112397 0 IN IP4 0.0.0.0
s=-
t=0 0
a=fingerprint:sha-256 {FINGERPRINT}
a=group:BUNDLE 0 1 2
a=ice-options:trickle
a=msid-semantic:WMS *
m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
c=IN IP4 0.0.0.0
a=sendonly
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on
a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
a=fmtp:101 0-15
a=ice-pwd:f38b1a04d0f1ed5c7de77eea9d5d1d18
a=ice-ufrag:11a2b9a2
a=mid:0
a=msid:{{aa}} {{bb}}
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=rtpmap:9 G722/8000/1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000/1
a=setup:actpass
a=ssrc:77 cname:{{cc}}
m=video 9 UDP/TLS/RTP/SAVPF 120
c=IN IP4 0.0.0.0
a=bundle-only
a=ice-pwd:f38b1a04d0f1ed5c7de77eea9d5d1d18
a=ice-ufrag:11a2b9a2
a=mid:1
a=rtcp-mux
a=rtpmap:120 VP8/90000
a=setup:actpass
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=ice-pwd:f38b1a04d0f1ed5c7de77eea9d5d1d18
a=ice-ufrag:11a2b9a2
a=mid:2
a=setup:actpass
a=sctp-port:5000
a=max-message-size:1073741823
"""

# OBS Studio publishes by libdatachannel, which writes ICE and DTLS once, above the media.
OBS = f"""v=0
o=rtc 3767197920 0 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=group:LS 0 1
a=msid-semantic:WMS *
a=setup:actpass
a=ice-ufrag:7sFv
a=ice-pwd:dOTZKZNVlO9RSGsEGM63JXT2
a=ice-options:ice2,trickle
a=fingerprint:sha-256 {FINGERPRINT}
m=audio 50012 UDP/TLS/RTP/SAVPF 111
c=IN IP4 192.0.2.7
a=mid:0
a=sendonly
a=ssrc:1357 cname:obs
a=ssrc:1357 msid:obs obs-audio
a=msid:obs obs-audio
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1
a=candidate:1 1 UDP 2122317823 192.0.2.7 50012 typ host
m=video 50012 UDP/TLS/RTP/SAVPF 96
c=IN IP4 192.0.2.7
a=mid:1
a=sendonly
a=ssrc:1358 cname:obs
a=msid:obs obs-video
a=rtcp-mux
a=rtpmap:96 H264/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1
"""
