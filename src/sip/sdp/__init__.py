"""SDP of SIP legs: parsing, offer and answer, and what they mean for a port."""
