"""The SIP edge: the process on the public SIP port."""
