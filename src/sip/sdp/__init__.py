"""SDP for SIP legs: the text, what is offered and answered, and what both mean for a port."""
